"""Households: shared limits, and moves that lose nothing, double nothing and are never half seen, whoever is faster or dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis import households, keys
from nba_server.adapters.redis.households import _Move
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import (
    CommitResult,
    CommitStatus,
    CustomerRef,
    CustomerWrite,
    DecisionCommit,
    located,
)
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit, LimitScope
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import Activity, Contact, ContactState, CustomerState, Suppression, SuppressionLevel
from nba_server.domain.outcome import next_wait
from nba_server.domain.profile import Profile
from nba_server.errors import FailedPrecondition
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer

NOW = REPLAY_START_MS


async def seen(store: Store, ref: CustomerRef) -> CustomerState:
    """The customer as everybody sees it, from wherever."""
    return (await store.reader.read([ref])).states[0]


def shared(cap: int, window_ms: int = DAY) -> ContactLimit:
    """A limit of a household."""
    return ContactLimit("shared", cap, window_ms, scope=LimitScope.HOUSEHOLD)


async def made(store: Store, ref: CustomerRef, request: str, limit: ContactLimit) -> DecisionCommit:
    """A commit on a fresh read, as `Decide` makes it."""
    state = await seen(store, ref)
    home = located(ref, state)
    found = commit(store, home, request, limits=(limit,), asked=ref)
    return replace(
        found,
        profile_version=state.profile_version,
        guard_version=state.guard_version,
        household=state.household.ref,
        others=state.household.others,
    )


async def decided(store: Store, ref: CustomerRef, request: str, limit: ContactLimit) -> CommitResult:
    """The settled result: stale ones are made again."""
    while True:
        (result,) = await store.decisions.commit([await made(store, ref, request, limit)])
        assert isinstance(result, CommitResult)
        if result.status is not CommitStatus.STALE:
            return result


async def members(store: Store, household: CustomerRef) -> set[str]:
    """The references in a household."""
    return {ref.decode() for ref in await store._client.one(("SMEMBERS", keys.household(household)))}


async def timers(store: Store, bucket: int) -> dict[str, int]:
    """The timers of a bucket."""
    parts = await store._client.one(("ZRANGE", keys.due(bucket), "0", "-1", "WITHSCORES"))
    return {name.decode(): int(due) for name, due in zip(parts[::2], parts[1::2], strict=True)}


async def test_a_move_takes_everything_along(store: Store) -> None:
    """Records, versions, withdrawals, timers and answers are at the new place as they were, and seen from the old reference."""
    ref, home = store.identity.customer("anna"), store.identity.household("smith")
    (first,) = await store.decisions.commit([commit(store, ref, "r1")])
    assert isinstance(first, CommitResult)
    entry = (await seen(store, ref)).ledger[0]
    await store.customers.write(
        [
            CustomerWrite(
                ref,
                1,
                profile=Profile({"age": 40}, known=True),
                consents=(Consent("*", "advertising", ConsentStatus.GRANTED, 1),),
                suppressions=(Suppression(SuppressionLevel.ACTION, "a1", "*", 1, 0, "rule"),),
                activity=Activity(purchases=3),
                do_not_contact=DoNotContact(True, frozenset({"sms"}), 5, "letter"),
                customer_id="anna",
                bump_profile=True,
                bump_guard=True,
                withdraws=("email",),
            )
        ]
    )
    before = await seen(store, ref)
    version = await store.households.place(ref, home)
    after = await seen(store, ref)
    assert (after.home, after.household.ref, after.household.others) == (home.bucket, home.ref, ())
    assert after.profile_version == before.profile_version + 1 == version
    assert after.guard_version == before.guard_version
    same = {"home": -1, "household": before.household, "blobs": before.blobs, "profile_version": before.profile_version}
    assert replace(after, engagement_version=before.engagement_version, **same) == before
    there = located(ref, after)
    fields = await store._client.one(("HMGET", keys.customer(there), "id", "w:email"))
    assert fields == [b"anna", b"1"]
    assert await timers(store, home.bucket) == {ref.ref: entry.respond_until_ms}
    assert ref.bucket == home.bucket or await timers(store, ref.bucket) == {}
    assert await members(store, home) == {ref.ref}
    (again,) = await store.decisions.commit([replace(await made(store, ref, "r1", shared(9)), limits=(), household="")])
    assert isinstance(again, CommitResult)
    assert (again.status, again.answer) == (CommitStatus.REPEATED, first.answer)
    assert await store.households.place(ref, home) is None


async def test_there_and_back_again(store: Store) -> None:
    """From household to household and out of the last one: the way stays short, and nobody stays behind."""
    ref = store.identity.customer("anna")
    homes = [store.identity.household(name) for name in ("smith", "jones", "smith", "miller")]
    await decided(store, ref, "r1", shared(9))
    for home in homes:
        await store.households.place(ref, home)
        state = await seen(store, ref)
        assert (state.household.ref, len(state.ledger)) == (home.ref, 1)
        assert [bool(await members(store, one)) for one in homes] == [one == home for one in homes]
    await store.households.place(ref, None)
    state = await seen(store, ref)
    assert (state.home, state.household.ref, len(state.ledger)) == (-1, "", 1)
    assert await members(store, homes[-1]) == set()
    assert await store._client.one(("HGET", keys.customer(ref), "at")) is None


async def test_members_share_a_limit_whoever_asks(store: Store) -> None:
    """Three members race for four contacts of the household and get four; somebody outside has a limit of their own."""
    home = store.identity.household("smith")
    refs = [store.identity.customer(name) for name in ("anna", "ben", "cleo")]
    for ref in refs:
        await store.households.place(ref, home)
    asked = [(ref, f"r{number}") for number in range(12) for ref in refs]
    results = await asyncio.gather(*(decided(store, ref, request, shared(4)) for ref, request in asked))
    assert sum(1 for result in results if result.taken) == 4
    states = (await store.reader.read(refs)).states
    assert sum(len(state.ledger) for state in states) == 4
    assert all(len(state.ledger) + len(state.household.contacts) == 4 for state in states)
    assert (await decided(store, store.identity.customer("dora"), "r1", shared(4))).taken


async def test_contacts_of_others_with_equal_ids_are_told_apart(store: Store) -> None:
    """Contacts made elsewhere are named by each customer; the same name for two of them is two contacts."""
    home = store.identity.household("smith")
    refs = [store.identity.customer(name) for name in ("anna", "ben")]
    entry = contact("a1", id="x:letter", at_ms=(await seen_at(store)) - HOUR, state=ContactState.CONFIRMED)
    for ref in refs:
        await store.customers.write([CustomerWrite(ref, 0, ledger=(entry,))])
        await store.households.place(ref, home)
    assert not (await decided(store, refs[0], "r1", shared(2))).taken
    assert (await decided(store, refs[0], "r2", shared(3))).taken


async def seen_at(store: Store) -> int:
    """The store's time."""
    return await store.clock.now()


async def test_whoever_joins_makes_decisions_stale(store: Store) -> None:
    """A decision that was made without the newcomer's contacts is made again."""
    home = store.identity.household("smith")
    anna, ben = store.identity.customer("anna"), store.identity.customer("ben")
    await decided(store, ben, "r0", shared(9))
    await store.households.place(anna, home)
    waiting = await made(store, anna, "r1", shared(1))
    await store.households.place(ben, home)
    (result,) = await store.decisions.commit([waiting])
    assert isinstance(result, CommitResult)
    assert result.status is CommitStatus.STALE
    assert not (await decided(store, anna, "r1", shared(1))).taken


async def test_moves_among_decisions_lose_and_double_nothing(store: Store) -> None:
    """While two movers carry a customer about, every contact that was promised is in the ledger once, under one timer."""
    ref = store.identity.customer("anna")
    homes = [store.identity.household(name) for name in ("smith", "jones", "miller")]
    taken: list[str] = []

    async def decide(caller: int) -> None:
        for number in range(25):
            result = await decided(store, ref, f"r{caller}-{number}", shared(10_000))
            taken.extend([f"r{caller}-{number}"] if result.taken else [])

    async def move(turns: list[CustomerRef | None]) -> None:
        for home in turns:
            await store.households.place(ref, home)

    await asyncio.gather(
        *(decide(caller) for caller in range(4)), move([*homes, None, *homes]), move([homes[1], None, homes[2]])
    )
    state = await seen(store, ref)
    keys_ = [store.identity.request_key("tester", ref.ref, request) for request in taken]
    assert len(taken) == 100
    assert sorted(entry.decision_id.rpartition("-")[2] for entry in state.ledger) == sorted(keys_)
    home = located(ref, state).bucket
    assert await timers(store, home) == {ref.ref: next_wait(state.ledger)}
    others = {one.bucket for one in (*homes, ref)} - {home}
    assert all([await timers(store, bucket) == {} for bucket in others])
    for one in homes:
        assert await members(store, one) == ({ref.ref} if one.ref == state.household.ref else set())


@pytest.mark.parametrize("step", ["announced", "arrived"])
async def test_a_move_that_breaks_off_is_not_seen_and_cannot_be_finished_later(store: Store, step: str) -> None:
    """The customer stays where it was; a later move wins, and what the first one still sends is refused."""
    ref, first, second = (
        store.identity.customer("anna"),
        store.identity.household("smith"),
        store.identity.household("jones"),
    )
    await decided(store, ref, "r1", shared(9))
    mover = store.households
    state = await seen(store, ref)
    broken = _Broken(mover._client, step)
    mover._client = broken  # type: ignore[assignment]
    with pytest.raises(ConnectionResetError):
        await mover._move(_Move(ref, ref, CustomerRef(ref.ref, first.bucket), "", first.ref), state.engagement_version)
    mover._client = broken.client
    assert ((await seen(store, ref)).home, len((await seen(store, ref)).ledger)) == (-1, 1)
    await decided(store, ref, "r2", shared(9))
    await mover.place(ref, second)
    await decided(store, ref, "r3", shared(9))
    for command in broken.held:
        assert not (await mover._client.one(command) and step == "arrived")
    after = await seen(store, ref)
    assert (after.household.ref, len(after.ledger)) == (second.ref, 3)
    await mover.place(ref, first)
    assert ((await seen(store, ref)).household.ref, len((await seen(store, ref)).ledger)) == (first.ref, 3)


class _Broken:
    """A client that breaks before the step, and keeps what it should have sent."""

    def __init__(self, client: object, step: str) -> None:
        self.client = client
        self.held: list[object] = []
        self._left = {"announced": 1, "arrived": 2}[step]

    async def one(self, command: object) -> object:
        """Sends the first calls only."""
        if self._left == 0:
            self.held.append(command)
            raise ConnectionResetError
        self._left -= 1
        return await self.client.one(command)  # type: ignore[attr-defined]

    async def run(self, commands: object) -> object:
        """As the client does."""
        return await self.client.run(commands)  # type: ignore[attr-defined]


entries = st.builds(
    lambda number, at, state, decision: contact(
        f"a{number % 3}", decision, id=f"e{number}", at_ms=NOW + at * HOUR, expires_ms=NOW + HOUR, state=state
    ),
    number=st.integers(0, 10**9),
    at=st.integers(-30, 30),
    state=st.sampled_from(ContactState),
    decision=st.sampled_from(["", "d1", "d2"]),
)
ledgers = st.lists(entries, max_size=5, unique_by=lambda entry: entry.id)


@given(
    own=ledgers,
    others=st.lists(ledgers, max_size=2),
    cap=st.integers(0, 5),
    window=st.integers(1, 40),
    case=st.integers(0, 2**60),
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_script_counts_a_household_as_a_recount_does(
    replay_store: Store, own: list[Contact], others: list[list[Contact]], cap: int, window: int, case: int
) -> None:
    """An offer is taken exactly when every window that holds it stays within the cap over all members together."""
    home = replay_store.identity.household(f"h{case}")
    refs = [replay_store.identity.customer(f"c{case}-{number}") for number in range(len(others) + 1)]
    for ref, ledger in zip(refs, (own, *others), strict=True):
        state = await seen(replay_store, ref)
        ledger.sort(key=lambda entry: entry.at_ms)
        write = CustomerWrite(located(ref, state), state.engagement_version, ledger=tuple(ledger))
        assert await replay_store.customers.write([write]) == [True]
        await replay_store.households.place(ref, home)
    limit = shared(cap, window * HOUR)
    state = await seen(replay_store, refs[0])
    asked = await made(replay_store, refs[0], f"r{state.engagement_version}", limit)
    new = contact("a9", asked.decision_id)
    (result,) = await replay_store.decisions.commit([replace(asked, offers=(offer(0, new, limits=(0,)),))])
    assert isinstance(result, CommitResult)
    names = [
        (entry.at_ms, (entry.decision_id or (place, entry.id)))
        for place, ledger in enumerate((own, *others))
        for entry in ledger
        if entry.state is not ContactState.RELEASED
    ]
    near = [(at_ms, name) for at_ms, name in names if abs(at_ms - NOW) < window * HOUR] + [(NOW, "new")]
    ends = {NOW, *(at_ms for at_ms, _ in near if at_ms > NOW)}
    worst = max(len({name for at_ms, name in near if end - window * HOUR < at_ms <= end}) for end in ends)
    assert bool(result.taken) is (worst <= cap)


async def test_a_move_that_is_refused_leaves_nobody_behind(store: Store) -> None:
    """What arrived for it is taken back: no member, no timer, no record where the customer does not live."""
    ref, home = store.identity.customer("anna"), store.identity.household("smith")
    await decided(store, ref, "r1", shared(9))
    mover, state = store.households, await seen(store, ref)
    rival = _Rival(mover._client, store, ref)
    mover._client = rival  # type: ignore[assignment]
    tried = _Move(ref, ref, CustomerRef(ref.ref, home.bucket), "", home.ref)
    assert await mover._move(tried, state.engagement_version) is None
    mover._client = rival.client
    assert await members(store, home) == set()
    assert await timers(store, home.bucket) == {}
    assert await store._client.one(("HGET", keys.customer(CustomerRef(ref.ref, home.bucket)), "l")) is None
    await mover.place(ref, home)
    assert len((await seen(store, ref)).ledger) == 2


class _Rival:
    """A client before whose third call a decision is made."""

    def __init__(self, client: object, store: Store, ref: CustomerRef) -> None:
        self.client = client
        self._store = store
        self._ref = ref
        self._calls = 0

    async def one(self, command: object) -> object:
        """As the client does."""
        self._calls += 1
        if self._calls == 3:
            await decided(self._store, self._ref, "rival", shared(9))
        return await self.client.one(command)  # type: ignore[attr-defined]

    async def run(self, commands: object) -> object:
        """As the client does."""
        return await self.client.run(commands)  # type: ignore[attr-defined]


async def test_a_household_that_is_full_takes_no_more(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that names nobody in particular cannot gather everybody in one place; whoever is in it stays."""
    monkeypatch.setattr(households, "MOST_MEMBERS", 2)
    home = store.identity.household("none")
    for name in ("anna", "ben"):
        await store.households.place(store.identity.customer(name), home)
    with pytest.raises(FailedPrecondition, match="2 members already"):
        await store.households.place(store.identity.customer("cleo"), home)
    assert await store.households.place(store.identity.customer("anna"), home) is None
