"""One decision in the place of another: one atomic swap of reservations, exact under concurrency."""

from __future__ import annotations

import asyncio
import random

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerRef, CustomerWrite
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction, Reaction
from nba_server.domain.superseding import Refusal
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, until

ONE = (ContactLimit("one", 1, DAY),)


async def ledger_of(store: Store, ref: CustomerRef) -> tuple[Contact, ...]:
    """The stored ledger."""
    return (await store.reader.read([ref])).states[0].ledger


async def one(store: Store, ref: CustomerRef, request_id: str, supersedes: str = "", **other: object) -> CommitResult:
    """One commit under a cap of one contact a day; sent again when a busy machine was taken for a silent store."""
    made = commit(store, ref, request_id, limits=ONE, supersedes=supersedes, **other)  # type: ignore[arg-type]
    for _ in range(10):
        (result,) = await store.decisions.commit([made])
        if isinstance(result, CommitResult):
            return result
        await until(lambda: store.available)
    raise AssertionError(result)


def id_of(store: Store, ref: CustomerRef, request_id: str) -> str:
    """The decision id that `commit` gives a request."""
    return commit(store, ref, request_id).decision_id


async def test_a_swap_releases_and_reserves_under_one_timer(replay_store: Store) -> None:
    """With a cap of one the new decision gets the slot of the old one; the versions tell."""
    store, ref = replay_store, replay_store.identity.customer("c1")
    await one(store, ref, "r1")
    assert (await one(store, ref, "r2")).taken == ()
    swapped = await one(store, ref, "r3", id_of(store, ref, "r1"), actions=("a2",))
    assert (swapped.status, swapped.answer) == (CommitStatus.COMMITTED, b"head<a2>")
    old, new = await ledger_of(store, ref)
    assert (old.action, old.state, old.expires_ms) == ("a1", ContactState.RELEASED, REPLAY_START_MS)
    assert (new.action, new.state) == ("a2", ContactState.RESERVED)
    assert (await store.reader.read([ref])).states[0].engagement_version == 2
    await store.clock.advance(REPLAY_START_MS + 2 * DAY)
    assert [due.customer for due in await store.timers.due(10)] == [ref]


async def test_a_swap_that_offers_nothing_still_releases(replay_store: Store) -> None:
    """The old reservation goes even when the new context has no offer; that decision can be superseded in turn."""
    store, ref = replay_store, replay_store.identity.customer("c1")
    await one(store, ref, "r1")
    assert (await one(store, ref, "r2", id_of(store, ref, "r1"), offers=())).answer == b"head<none>"
    assert [entry.state for entry in await ledger_of(store, ref)] == [ContactState.RELEASED]
    assert (await one(store, ref, "r3", id_of(store, ref, "r2"))).taken == (0,)
    refused = await one(store, ref, "r4", id_of(store, ref, "r2"))
    assert refused == CommitResult(CommitStatus.REFUSED, refusal=Refusal.SUPERSEDED)


async def test_what_was_confirmed_stays_and_counts(replay_store: Store) -> None:
    """An offer that was spoken keeps its slot; what else the decision held is released."""
    store, ref = replay_store, replay_store.identity.customer("c1")
    first = commit(store, ref, "r1", actions=("a1", "a2"))
    await store.decisions.commit([first])
    spoken, silent = await ledger_of(store, ref)
    seen = contact(spoken.action, first.decision_id, at_ms=spoken.at_ms, state=ContactState.CONFIRMED)
    await store.customers.write([CustomerWrite(ref, 1, ledger=(seen, silent))])
    assert (await one(store, ref, "r2", first.decision_id)).taken == ()
    assert [entry.state for entry in await ledger_of(store, ref)] == [ContactState.CONFIRMED, ContactState.RELEASED]


async def test_unknown_and_expired_decisions_are_refused_without_effect(replay_store: Store) -> None:
    """Neither a name that was never given nor a reservation that has ended is swapped; nothing is written."""
    store, ref = replay_store, replay_store.identity.customer("c1")
    assert (await one(store, ref, "r1", id_of(store, ref, "never"))).refusal is Refusal.UNKNOWN
    await one(store, ref, "r2")
    await store.clock.advance(REPLAY_START_MS + HOUR)
    assert (await one(store, ref, "r3", id_of(store, ref, "r2"))).refusal is Refusal.EXPIRED
    assert await store.journal.length() == 1
    assert [entry.state for entry in await ledger_of(store, ref)] == [ContactState.RESERVED]


async def test_a_decision_whose_contact_an_outcome_released_can_be_superseded(replay_store: Store) -> None:
    """`not_mentioned` leaves nothing to swap and nothing to fear."""
    store, ref = replay_store, replay_store.identity.customer("c1")
    await one(store, ref, "r1")
    (held,) = await ledger_of(store, ref)
    freed = contact(
        held.action,
        held.decision_id,
        at_ms=held.at_ms,
        state=ContactState.RELEASED,
        reactions=(Reaction("not_mentioned", held.at_ms),),
    )
    await store.customers.write([CustomerWrite(ref, 1, ledger=(freed,))])
    assert (await one(store, ref, "r2", held.decision_id)).taken == (0,)


async def test_a_repeated_swap_answers_the_same_and_swaps_once(store: Store) -> None:
    """The same request id gives the same bytes, though what it names has been superseded by then: by itself."""
    ref = store.identity.customer("c1")
    await one(store, ref, "r1")
    first = await one(store, ref, "r2", id_of(store, ref, "r1"))
    again = await one(store, ref, "r2", id_of(store, ref, "r1"))
    assert (again.status, again.answer) == (CommitStatus.REPEATED, first.answer)
    assert await store.journal.length() == 2


@pytest.mark.parametrize("seed", range(5))
async def test_twenty_changes_of_context_are_one_contact(store: Store, seed: int) -> None:
    """A chain of swaps, each step raced by rivals and sent thrice, ends with exactly one reservation and one timer."""
    dice, ref = random.Random(seed), store.identity.customer(f"c{seed}")
    await one(store, ref, "r0")
    latest = id_of(store, ref, "r0")
    for step in range(20):
        rivals = [f"s{step}-{number}" for number in range(dice.randint(1, 3))]
        calls = [name for name in rivals for _ in range(3)]
        dice.shuffle(calls)
        results = await asyncio.gather(*(one(store, ref, name, latest) for name in calls))
        winners = {name for name, result in zip(calls, results, strict=True) if result.taken}
        assert len(winners) == 1
        lost = [result for name, result in zip(calls, results, strict=True) if name not in winners]
        assert {result.refusal for result in lost} <= {Refusal.SUPERSEDED}
        latest = id_of(store, ref, winners.pop())
    entries = await ledger_of(store, ref)
    assert [entry.decision_id for entry in entries if entry.state is ContactState.RESERVED] == [latest]
    assert len(entries) == 21
    assert await store.journal.length() == 21


async def test_an_inactive_outbound_reservation_lapses_like_an_inbound_one(replay_store: Store) -> None:
    """A deferred reservation frees its slot at its end, unless something stands on it."""
    taken = []
    cases = {"silent": (), "heard": (Reaction("score", 1),), "withdrawn": (Reaction("score", 1, withdrawn=True),)}
    for name, reactions in cases.items():
        ref = replay_store.identity.customer(name)
        held = contact(
            "a0",
            "d0",
            at_ms=REPLAY_START_MS - HOUR,
            expires_ms=REPLAY_START_MS,
            direction=Direction.OUTBOUND,
            deferred=True,
            reactions=reactions,
        )
        await replay_store.customers.write([CustomerWrite(ref, 0, ledger=(held,))])
        assert (await ledger_of(replay_store, ref)) == (held,)
        taken.append((await one(replay_store, ref, "r1")).taken)
    assert taken == [(0,), (), (0,)]
