"""One timer a customer: never later than the first wait of the ledger, whoever writes; each wait ends once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from nba_server.adapters.backup.keys_file import read_keys, write_keys
from nba_server.adapters.backup.keyspace import DumpedKey, KeySpace
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.households import _Move
from nba_server.adapters.redis.store import Store
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.ports import Attempt, CommitResult, CustomerRef, CustomerWrite, DecisionCommit, located
from nba_server.application.record_outcomes import OutcomeCommand, RecordOutcomes
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, next_wait
from nba_server.pb import journal_pb2
from tests.conftest import REPLAY_START_MS
from tests.fakes import FakeCatalogs
from tests.store.builders import DAY, HOUR, commit, contact, optimistic, seen
from tests.store.test_households import timers
from tests.store.test_releases import attempt, release
from tests.store.test_waits_end_once import SILENCE
from tests.store.test_waits_end_once import timers as job
from tests.unit.application.shop import shop

MAIL = {"direction": Direction.OUTBOUND, "channel": "email"}


def windowed(store: Store, ref: CustomerRef, request_id: str, window_ms: int, **how: object) -> DecisionCommit:
    """A decision for a message whose response window is this long."""
    made = commit(store, ref, request_id, **how)  # type: ignore[arg-type]
    offers = tuple(
        replace(one, contact=replace(one.contact, respond_until_ms=window_ms, **MAIL)) for one in made.offers
    )
    return replace(made, offers=offers, channel="email")


async def state_of(store: Store, ref: CustomerRef) -> tuple[int, tuple[Contact, ...]]:
    """The timer where the customer lives (0: none), and the ledger."""
    (state,) = (await store.reader.read([ref])).states
    home = located(ref, state)
    return (await timers(store, home.bucket)).get(home.ref, 0), tuple(state.ledger)


async def silences(store: Store) -> Counter[str]:
    """How often each contact has got `no_response` in the journal."""
    records = await store.journal.read({}, 10_000)
    told = [record.payload for record in records if record.kind == "outcome" and record.payload != b"gone"]
    outcomes = [journal_pb2.JournalEntry.FromString(payload).outcome for payload in told]
    return Counter(outcome.contact_id for outcome in outcomes if outcome.type == SILENCE)


@pytest.mark.parametrize("hopeful", [True, False])
async def test_two_decisions_with_different_windows(replay_store: Store, hopeful: bool) -> None:
    """The shorter one is ended at its time, whichever came first, and the longer one at its own."""
    store = replay_store
    for name, windows in {"anna": (3 * DAY, DAY), "ben": (DAY, 3 * DAY)}.items():
        ref = store.identity.customer(name)
        for number, window_ms in enumerate(windows):
            made = windowed(store, ref, f"r{number}", window_ms)
            await store.decisions.commit([optimistic(await seen(store, ref), made) if hopeful else made])
        assert (await state_of(store, ref))[0] == REPLAY_START_MS + DAY
    await store.clock.advance(REPLAY_START_MS + DAY)
    first = await job(store)()
    assert (first.due, first.ended, first.no_responses) == (2, 2, 2)
    for name in ("anna", "ben"):
        due_ms, ledger = await state_of(store, store.identity.customer(name))
        assert due_ms == REPLAY_START_MS + 3 * DAY
        assert sorted(len(entry.reactions) for entry in ledger) == [0, 1]
    assert (await job(store)()).due == 0
    await store.clock.advance(REPLAY_START_MS + 3 * DAY)
    assert (await job(store)()).no_responses == 2
    assert (await state_of(store, ref))[0] == 0
    assert set((await silences(store)).values()) == {1}


async def test_a_timer_that_comes_early_is_set_to_the_next_wait(replay_store: Store) -> None:
    """What was released meanwhile has left its time behind: nothing ends then, and nothing later is forgotten."""
    store, ref = replay_store, replay_store.identity.customer("anna")
    await store.decisions.commit([windowed(store, ref, "r1", DAY)])
    await store.decisions.commit([windowed(store, ref, "r2", 2 * DAY)])
    await release(store, attempt(store, ref, "r1"))
    assert (await state_of(store, ref))[0] == REPLAY_START_MS + DAY
    await store.clock.advance(REPLAY_START_MS + DAY)
    early = await job(store)()
    assert (early.due, early.ended) == (1, 0)
    assert (await state_of(store, ref))[0] == REPLAY_START_MS + 2 * DAY


async def test_timers_of_the_earlier_form_are_served_and_die_out(replay_store: Store) -> None:
    """Stores had a timer a contact: wherever such a customer lives by now, each wait ends once, and what waits on has a timer."""
    store = replay_store
    names = ("anna", "ben", "cleo")
    for name in names:
        ref = store.identity.customer(name)
        entries = tuple(
            contact(f"a{days}", f"d{days}", respond_until_ms=REPLAY_START_MS + days * DAY, **MAIL) for days in (1, 1, 2)
        )
        ledger = tuple(
            replace(entry, id=f"{name}:{place}", at_ms=REPLAY_START_MS - HOUR) for place, entry in enumerate(entries)
        )
        await store.customers.write([CustomerWrite(ref, 0, ledger=ledger, due_ms=0)])
        for entry in ledger:
            member = f"{ref.ref}|{entry.id}"
            await store._client.one(("ZADD", keys.due(ref.bucket), entry.respond_until_ms, member))
    await store.households.place(store.identity.customer("ben"), store.identity.household("smith"))
    await store.decisions.commit([windowed(store, store.identity.customer("cleo"), "r1", HOUR)])
    for days, due, ended in ((1, 7, 7), (2, 6, 3)):  # the second day: what is left of old timers, and the new ones
        await store.clock.advance(REPLAY_START_MS + days * DAY)
        served = await job(store)()
        assert (served.due, served.ended, served.failed) == (due, ended, {})
        assert (await job(store)()).due == 0
    found = await silences(store)
    assert (len(found), set(found.values())) == (10, {1})
    for name in names:
        due_ms, ledger = await state_of(store, store.identity.customer(name))
        assert due_ms == 0
        assert all([reaction.type for reaction in entry.reactions] == ["no_response"] for entry in ledger)
    assert not any([await timers(store, bucket) for bucket in range(store.info.buckets)])


@pytest.mark.parametrize("seed", range(3))
async def test_decisions_while_the_job_is_at_the_same_customer(replay_store: Store, seed: int) -> None:
    """Whoever writes last, the timer covers what the other one reserved."""
    store, dice = replay_store, random.Random(seed)
    ref = store.identity.customer("anna")
    for turn in range(12):
        await store.decisions.commit([windowed(store, ref, f"due{turn}", HOUR)])
        await store.clock.advance(await store.clock.now() + HOUR)
        window_ms = dice.choice((HOUR, 2 * HOUR))
        made = windowed(store, ref, f"r{turn}", window_ms)
        hopeful = optimistic(await seen(store, ref), made)

        async def decide(one: object, pauses: int) -> None:
            for _ in range(pauses):
                await asyncio.sleep(0)
            await store.decisions.commit([one])  # type: ignore[list-item]

        await asyncio.gather(job(store)(), decide(dice.choice((made, hopeful)), dice.randrange(20)), job(store)())
        due_ms, ledger = await state_of(store, ref)
        assert len(ledger) == 2 * turn + 2
        assert 0 < due_ms <= next_wait(ledger)
    assert set((await silences(store)).values()) == {1}


async def test_thousands_fall_due_at_once(replay_store: Store) -> None:
    """They are served in batches, oldest first, each once."""
    store, number = replay_store, 3_000
    refs = [store.identity.customer(f"c{n}") for n in range(number)]
    held = contact("a1", state=ContactState.CONFIRMED, **MAIL)
    writes = [
        CustomerWrite(
            ref, 0, ledger=(replace(held, id=f"d{n}:a1", decision_id=f"d{n}", respond_until_ms=REPLAY_START_MS + n),)
        )
        for n, ref in enumerate(refs)
    ]
    await store.customers.write(writes)
    await store.clock.advance(REPLAY_START_MS + DAY)
    ended = []
    while (served := await job(store)(500)).due:
        ended.append(served.no_responses)
    assert ended == [500] * 6
    entries = await silences(store)
    assert (len(entries), set(entries.values())) == (number, {1})


async def test_a_move_that_the_job_crosses_takes_nothing_with_it(replay_store: Store) -> None:
    """What arrived early is not taken for the customer; the move is refused, and a later one brings the timer that is right."""
    store, ref, home = replay_store, replay_store.identity.customer("anna"), replay_store.identity.household("smith")
    await store.decisions.commit([windowed(store, ref, "r1", HOUR)])
    await store.decisions.commit([windowed(store, ref, "r2", DAY)])
    await release(store, attempt(store, ref, "r1"))  # its timer is early now

    class Crossed:
        """A client before whose third call, the departure, the job runs."""

        calls = 0

        async def one(self, command: object) -> object:
            self.calls += 1
            if self.calls == 3:
                served = await job(store)()
                assert (served.due, served.ended, served.failed) == (2, 0, {})
            return await client.one(command)  # type: ignore[arg-type]

        run = run_each = staticmethod(store._client.run)

    mover, client = store.households, store._client
    (state,) = (await store.reader.read([ref])).states
    await store.clock.advance(REPLAY_START_MS + HOUR)
    mover._client = Crossed()  # type: ignore[assignment]
    tried = _Move(ref, ref, CustomerRef(ref.ref, home.bucket), "", home.ref)
    assert await mover._move(tried, state.engagement_version) is None
    mover._client = client
    assert await timers(store, home.bucket) == {}
    await mover.place(ref, home)
    assert await timers(store, home.bucket) == {ref.ref: REPLAY_START_MS + DAY}
    assert await timers(store, ref.bucket) == {}


@dataclass
class Life:
    """Everything that may happen to a customer, at random."""

    store: Store
    dice: random.Random
    made: list[DecisionCommit] = field(default_factory=list)

    @property
    def anna(self) -> CustomerRef:
        """The customer."""
        return self.store.identity.customer("anna")

    async def home(self) -> CustomerRef:
        """Where she lives."""
        return located(self.anna, (await self.store.reader.read([self.anna])).states[0])

    async def decide(self, *, swap: bool = False) -> None:
        """A decision of either way, sometimes in the place of another."""
        ref, window_ms = await self.home(), self.dice.randrange(1, 48) * HOUR
        before = self.dice.choice(self.made).decision_id if swap and self.made else ""
        made = windowed(self.store, ref, f"r{len(self.made)}", window_ms, supersedes=before)
        if not before and self.dice.random() < 0.5:
            made = optimistic(await seen(self.store, self.anna), made)  # type: ignore[assignment]
        (result,) = await self.store.decisions.commit([made])
        assert isinstance(result, CommitResult)
        self.made.append(made)

    async def swap(self) -> None:
        """A decision in the place of another."""
        await self.decide(swap=True)

    async def go(self) -> None:
        """A caller who has gone."""
        if self.made:
            gone = self.dice.choice(self.made)
            await release(self.store, Attempt(await self.home(), gone.request_key, gone.attempt))

    async def react(self) -> None:
        """An outcome, or one taken back."""
        if self.made:
            changes = CustomerChanges(reader=self.store.reader, writer=self.store.customers)
            record = RecordOutcomes(
                identity=self.store.identity, changes=changes, catalogs=FakeCatalogs(shop()), journal=JournalCodec()
            )
            name = self.dice.choice((OutcomeType.CLICKED, OutcomeType.DELIVERED, OutcomeType.WITHDRAWN))
            event = OutcomeEvent(name, self.dice.choice(self.made).decision_id, withdraws="clicked")
            await record([OutcomeCommand(event, "tests")])

    async def move(self) -> None:
        """Into a household or out of it."""
        name = self.dice.choice(("smith", "jones", ""))
        await self.store.households.place(self.anna, self.store.identity.household(name) if name else None)

    async def wait(self) -> None:
        """Time passes, and the job runs."""
        await self.store.clock.advance(await self.store.clock.now() + self.dice.randrange(1, 12) * HOUR)
        await job(self.store)()
        assert (await job(self.store)()).due == 0


@pytest.mark.parametrize("seed", range(4))
async def test_the_timer_is_never_later_than_the_first_wait(replay_store: Store, seed: int) -> None:
    """After each of a hundred random events, wherever the customer lives; nobody else has a timer."""
    store, dice = replay_store, random.Random(seed)
    life = Life(store, dice)
    for _ in range(100):
        what = dice.choice((life.decide, life.decide, life.swap, life.go, life.react, life.react, life.move, life.wait))
        await what()
        due_ms, ledger = await state_of(store, life.anna)
        first = next_wait(ledger)
        assert (0 < due_ms <= first) if first else True, what
    everywhere = [await timers(store, bucket) for bucket in range(store.info.buckets)]
    assert [name for found in everywhere for name in found] in ([life.anna.ref], [])
    await store.clock.advance(await store.clock.now() + 10 * DAY)
    assert (await job(store)()).failed == {}
    assert (await job(store)()).due == 0
    assert set((await silences(store)).values()) <= {1}


class _Answered(KeySpace):
    """A store's keys, walked over while everybody answers: a timer of the record that was just written goes."""

    store: Store

    async def dump_timed(self, named: Sequence[tuple[bytes, str, str]]) -> list[tuple[DumpedKey, float | None]]:
        """As it is, and then the customers are asked no more."""
        found = await super().dump_timed(named)
        refs = [keys.customer_of(name) for name, _, _ in named]
        await self.store.customers.write([CustomerWrite(ref, 1, ledger=(), due_ms=0) for ref in refs])
        return found


async def test_a_backup_has_the_timers_of_its_records(
    replay_store: Store, engine: EmbeddedEngine, tmp_path: Path
) -> None:
    """Also where a timer was set after the walk began and gone before it ended; those of the earlier form come along."""
    store, refs = replay_store, [replay_store.identity.customer(f"c{number}") for number in range(20)]
    old = keys.due(refs[0].bucket)
    await store._client.one(("ZADD", old, REPLAY_START_MS + 5, f"{refs[0].ref}|d1:a1"))

    async def meanwhile() -> None:
        await store.decisions.commit([windowed(store, ref, "r1", DAY) for ref in refs])

    async with _Answered.connect(engine.url) as space:
        space.store = store  # type: ignore[attr-defined]
        counts = await write_keys(space, tmp_path / "keys", store.info.buckets, meanwhile)
        assert (counts.customers, counts.timers) == (20, 21)
        assert [await timers(store, ref.bucket) for ref in refs[1:]].count({}) >= 18
        await read_keys(space, tmp_path / "keys")
    for ref in refs:
        due_ms, ledger = await state_of(store, ref)
        assert due_ms == next_wait(ledger) == REPLAY_START_MS + DAY
    assert f"{refs[0].ref}|d1:a1" in await timers(store, refs[0].bucket)


async def test_the_due_of_one_bucket_are_not_held_up_by_the_shares_of_others(replay_store: Store) -> None:
    """Where few buckets have much, the whole limit is theirs; a limit that is too small for all gives each bucket its oldest."""
    store, bucket = replay_store, 5
    members = [part for number in range(40) for part in (str(REPLAY_START_MS - number), f"{number:032x}")]
    await store._client.one(("ZADD", keys.due(bucket), *members))
    found = await store.timers.due(30)
    assert [timer.due_ms for timer in found] == [REPLAY_START_MS - number for number in range(39, 9, -1)]
    for other in range(store.info.buckets):
        await store._client.one(("ZADD", keys.due(other), str(REPLAY_START_MS), f"{other:032x}"))
    found = await store.timers.due(30)
    assert (len(found), found[0].due_ms) == (30, REPLAY_START_MS - 39)


async def test_a_timer_that_was_set_anew_is_not_forgotten(replay_store: Store) -> None:
    """What is removed is the timer that was found; a move may have brought the customer, and with it another time, meanwhile."""
    store, anna, ben = replay_store, *map(replay_store.identity.customer, ("anna", "ben"))
    await store.customers.write([CustomerWrite(ref, 0, due_ms=REPLAY_START_MS) for ref in (anna, ben)])
    found = await store.timers.due(10)
    await store.customers.write([CustomerWrite(anna, 1, due_ms=REPLAY_START_MS - 1)])
    await store.timers.forget(found)
    assert [(timer.customer, timer.due_ms) for timer in await store.timers.due(10)] == [(anna, REPLAY_START_MS - 1)]
