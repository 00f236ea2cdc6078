"""Visitors who become known: one record from two, whoever is faster and wherever it breaks off, seen as two people or as one."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace

import pytest

from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.households import RedisHouseholds
from nba_server.adapters.redis.reader import RedisReader
from nba_server.adapters.redis.store import Store
from nba_server.adapters.redis.visitors import RedisVisitors
from nba_server.application.identify import IdentifyCommand, IdentifyVisitor
from nba_server.application.ports import CommitResult, CommitStatus, CustomerRef, CustomerWrite, Identification, located
from nba_server.domain.consent import Consent, ConsentStatus, ConsentVerdict, verdict
from nba_server.domain.contact import ContactLimit
from nba_server.domain.outcome import next_wait
from nba_server.errors import FailedPrecondition
from nba_server.pb import journal_pb2
from tests.fakes import FakeCatalogs
from tests.store.builders import DAY, commit, repeat
from tests.store.test_households import decided, made, members, seen, shared, timers
from tests.unit.domain.builder import action, catalog

CATALOGS = FakeCatalogs(catalog(action("a1"), action("a2")))


def identify(store: Store, client: object | None = None) -> IdentifyVisitor:
    """The use case over the store, or over a client that fails when the test wants it to."""
    reader, visitors = store.reader, store.visitors
    if client is not None:
        reader = RedisReader(client)  # type: ignore[arg-type]
        visitors = RedisVisitors(client, RedisHouseholds(client, reader, store.identity), store.identity)  # type: ignore[arg-type]
    return IdentifyVisitor(
        identity=store.identity, reader=reader, visitors=visitors, catalogs=CATALOGS, journal=JournalCodec("1")
    )


async def known(
    store: Store, client: object | None = None, visitor: str = "v1", customer: str = "anna"
) -> Identification:
    """Says that the visitor is the customer."""
    return await identify(store, client)(IdentifyCommand(visitor, customer, "shop"))


async def journal(store: Store) -> list[journal_pb2.JournalEntry]:
    """What the journal has of identifications."""
    records = await store.journal.read({}, 1_000)
    return [journal_pb2.JournalEntry.FromString(record.payload) for record in records if record.kind == "identity"]


async def test_a_visitor_becomes_the_customer(store: Store) -> None:
    """Ledger, timers and consents are the customer's; both ids lead there; the journal tells it; a repeat answers the same."""
    visitor, customer = store.identity.visitor("v1"), store.identity.customer("anna")
    home = store.identity.household("smith")
    await store.households.place(customer, home)
    (first,) = await store.decisions.commit([commit(store, visitor, "r1")])
    await decided(store, customer, "r2", shared(9))
    consents = (Consent("web", "advertising", ConsentStatus.DENIED, 5),)
    await store.customers.write([CustomerWrite(visitor, 1, consents=consents, bump_guard=True, bump_profile=True)])
    before = await seen(store, customer)
    answer = await known(store)
    assert (answer.customer_ref, answer.contacts) == (customer.ref, 1)
    states = (await store.reader.read([customer, visitor])).states
    assert (states[0].became, states[1].became) == ("", customer.ref)
    assert replace(states[1], became="") == states[0]
    assert located(visitor, states[1]) == located(customer, states[0]) == CustomerRef(customer.ref, home.bucket)
    assert len(states[0].ledger) == 2
    assert states[0].household.ref == home.ref
    assert (states[0].profile_version, states[0].guard_version) == (
        before.profile_version + 1,
        before.guard_version + 1,
    )
    assert verdict(states[0].consents, "web", "advertising", 10) is ConsentVerdict.DENIED
    assert await timers(store, home.bucket) == {customer.ref: next_wait(states[0].ledger)}
    assert await members(store, home) == {customer.ref}
    (entry,) = await journal(store)
    assert (entry.identity.customer_ref, entry.identity.visitor_ref) == (customer.ref, visitor.ref)
    key = store.identity.request_key("tester", visitor.ref, "r1")
    assert [id_.partition(":")[0].rpartition("-")[2] for id_ in entry.identity.contact_ids] == [key]
    assert await known(store) == answer
    assert len(await journal(store)) == 1
    assert isinstance(first, CommitResult)
    asked = repeat(store, visitor, "r1")
    again = await store.decisions.repeated(
        replace(asked, attempt=asked.attempt._replace(customer=located(visitor, states[1]), request_key=key))
    )
    assert again is not None
    assert again.status is CommitStatus.REPEATED
    assert again.answer == b"head<withdrawn>"


async def test_a_visitor_who_is_somebody_else_is_refused(store: Store) -> None:
    """The first identification stands."""
    await known(store)
    with pytest.raises(FailedPrecondition, match="another customer already"):
        await known(store, customer="ben")
    assert not (await seen(store, store.identity.customer("ben"))).engagement_version


async def test_two_visitors_become_one_customer(store: Store) -> None:
    """Two devices: the customer's ledger has the contacts of both."""
    for visitor in ("v1", "v2"):
        await decided(store, store.identity.visitor(visitor), "r1", shared(9))
        await known(store, visitor=visitor)
    state = await seen(store, store.identity.customer("anna"))
    assert len(state.ledger) == 2
    assert [(await seen(store, store.identity.visitor(v))).ledger for v in ("v1", "v2")] == [state.ledger] * 2


async def test_who_became_known_moves_along(store: Store) -> None:
    """Into a household and out of it, again and again: the visitor id leads to the customer wherever the record lives."""
    visitor, customer = store.identity.visitor("v1"), store.identity.customer("anna")
    await decided(store, visitor, "r1", shared(9))
    answer = await known(store)
    for number in range(12):
        await store.households.place(customer, store.identity.household(f"h{number}") if number % 3 else None)
        assert len((await seen(store, visitor)).ledger) == 1
    assert await known(store) == answer


async def test_a_decision_made_before_is_stale_after(store: Store) -> None:
    """Nothing that was decided for the visitor or the customer alone is committed once they are one."""
    visitor, customer = store.identity.visitor("v1"), store.identity.customer("anna")
    cap = ContactLimit("one", 1, DAY)
    waiting = [await made(store, ref, "r1", shared(9)) for ref in (visitor, customer)]
    waiting = [
        replace(commit_, limits=(cap,), offers=tuple(replace(o, limits=(0,)) for o in commit_.offers))
        for commit_ in waiting
    ]
    await decided(store, visitor, "r0", shared(9))
    await known(store)
    results = await store.decisions.commit(waiting)
    assert [isinstance(r, CommitResult) and r.status for r in results] == [CommitStatus.STALE] * 2


class Failing:
    """A client whose nth call is not sent, or is sent and its reply lost; calls after it fail as well."""

    def __init__(self, store: Store, calls: int, *, lost: bool) -> None:
        self._client = store._client
        self._left = calls
        self._lost = lost

    async def run(self, commands: object, **how: object) -> object:
        """As the client does, while it lasts."""
        return await self._pass("run", commands, **how)

    async def run_each(self, commands: object, **how: object) -> object:
        """As the client does, while it lasts."""
        return await self._pass("run_each", commands, **how)

    async def one(self, command: object) -> object:
        """As the client does, while it lasts."""
        return await self._pass("one", command)

    @property
    def spread(self) -> bool:
        """As the client is."""
        return bool(self._client.spread)

    async def _pass(self, name: str, *arguments: object, **how: object) -> object:
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._lost):
            self._left = 0
            raise ConnectionResetError
        reply = await getattr(self._client, name)(*arguments, **how)
        if self._left == 0:
            self._left = -1
            raise ConnectionResetError
        return reply


@pytest.mark.parametrize("lost", [False, True])
async def test_killed_at_any_step_it_is_two_people_or_one(store: Store, lost: bool) -> None:
    """After each step that it may die at, the visitor's contacts are the visitor's or the customer's, a repeat finishes it, and
    contacts made in between are there once."""
    died, people = 0, []
    for calls in range(1, 60):
        visitor = f"v{calls}"
        mine = store.identity.visitor(visitor)
        customer = next(
            name for name in (f"c{calls}", f"d{calls}") if store.identity.customer(name).bucket != mine.bucket
        )
        theirs = store.identity.customer(customer)
        people.append(theirs.ref)
        await decided(store, mine, "r1", shared(9))
        await decided(store, theirs, "r2", shared(9))
        try:
            answer = await known(store, Failing(store, calls, lost=lost), visitor, customer)
        except ConnectionResetError:
            died += 1
            halves = [await seen(store, ref) for ref in (mine, theirs)]
            apart = not halves[0].became
            assert [len(state.ledger) for state in halves] == ([1, 1] if apart else [2, 2])
            await decided(store, mine, "r3", shared(9))
            answer = await known(store, None, visitor, customer)
            assert answer.contacts == (2 if apart else 1)
            assert len((await seen(store, theirs)).ledger) == 3
            continue
        assert answer.contacts == 1
        assert len((await seen(store, theirs)).ledger) == 2
        break
    assert died >= 6
    everyone = [await timers(store, bucket) for bucket in range(store.info.buckets)]
    found = [name for names_ in everyone for name in names_]
    assert sorted(found) == sorted(people)


@dataclass
class World:
    """What was promised: the request keys of contacts, by who they were promised to."""

    store: Store
    promised: list[str] = field(default_factory=list)
    cap: int = 6

    async def decide(self, kind: str, number: int) -> None:
        """One contact for the visitor or the customer, if the limit has room."""
        ref = self.store.identity.visitor("v1") if kind == "v" else self.store.identity.customer("anna")
        result = await decided(self.store, ref, f"r{kind}{number}", shared(self.cap))
        if result.taken:
            self.promised.append(self.store.identity.request_key("tester", ref.ref, f"r{kind}{number}"))

    async def check(self) -> None:
        """Every promised contact is in exactly one ledger, and no ledger has more than the limit."""
        visitor, customer = [
            await seen(self.store, ref)
            for ref in (self.store.identity.visitor("v1"), self.store.identity.customer("anna"))
        ]
        ledgers = [visitor.ledger, customer.ledger] if not visitor.became else [customer.ledger]
        found = sorted(entry.decision_id.rpartition("-")[2] for ledger in ledgers for entry in ledger)
        assert found == sorted(self.promised)


@pytest.mark.parametrize("seed", range(12))
async def test_among_decisions_moves_and_deaths_nothing_is_lost_or_doubled(store: Store, seed: int) -> None:
    """Random interleavings of decisions for both ids, household moves and identifications that die: every promised contact is in
    one ledger, once; after the identification the two share the limit; and all identifications answer the same."""
    chance = random.Random(seed)
    world = World(store, cap=chance.choice([6, 40]))
    customer = store.identity.customer("anna")
    await store.households.place(customer, store.identity.household("smith"))
    answers: list[Identification] = []

    async def decisions(kind: str) -> None:
        for number in range(8):
            await world.decide(kind, number)
            await asyncio.sleep(0)

    async def moves() -> None:
        for _ in range(4):
            await store.households.place(
                customer, store.identity.household(chance.choice(["smith", "jones", "miller"]))
            )
            await asyncio.sleep(0)

    async def identifications() -> None:
        for _ in range(3):
            for _ in range(chance.randrange(6)):
                await asyncio.sleep(0)
            client = Failing(store, chance.randrange(1, 14), lost=chance.random() < 0.5)
            try:
                answers.append(await known(store, client))
            except ConnectionResetError:
                continue

    await asyncio.gather(decisions("v"), decisions("c"), moves(), identifications(), identifications())
    await world.check()
    answers.append(await known(store))
    for kind in ("v", "c"):
        await world.decide(kind, 8)
    await world.check()
    assert len(set(answers)) == 1
    assert len(await journal(store)) == 1
    state = await seen(store, customer)
    before = len(state.ledger)
    result = await decided(store, store.identity.visitor("v1"), "last", shared(before))
    assert not result.taken
    home = located(customer, state).bucket
    assert await timers(store, home) == {customer.ref: next_wait(state.ledger)}
    assert await members(store, CustomerRef(state.household.ref, home)) == {customer.ref}


async def test_withdrawals_of_both_take_answers_back(store: Store) -> None:
    """An answer that the visitor had is not repeated when the customer had taken consent back."""
    visitor, customer = store.identity.visitor("v1"), store.identity.customer("anna")
    await store.decisions.commit([commit(store, visitor, "r1")])
    await store.customers.write([CustomerWrite(customer, 0, withdraws=("web",), bump_guard=True)])
    await known(store)
    home = located(visitor, await seen(store, visitor))
    assert await store._client.one(("HGET", keys.customer(home), "w:web")) == b"1"
    asked = repeat(store, visitor, "r1")
    again = await store.decisions.repeated(replace(asked, attempt=asked.attempt._replace(customer=home)))
    assert again is not None
    assert again.answer == b"head<withdrawn>"
