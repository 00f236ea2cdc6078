"""Exact contact pressure: the script's count against a brute-force recount in plain Python."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, CustomerWrite
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer

NOW = REPLAY_START_MS


def counts(entry: Contact) -> bool:
    """Whether an entry counts, written down again from the rules."""
    if entry.state is ContactState.RELEASED:
        return False
    expired_inbound = entry.direction is Direction.INBOUND and entry.expires_ms <= NOW
    return entry.state is ContactState.CONFIRMED or not expired_inbound


def worst_window(ledger: list[Contact], limit: ContactLimit, holding: int) -> int:
    """The most contacts in any window of the limit that holds `holding`, by trying every millisecond that matters."""
    kept = [e for e in ledger if counts(e) and limit.covers_contact(e)]
    marks = {e.at_ms for e in kept} | {holding}
    ends = marks | {m + limit.window_ms - 1 for m in marks}
    crowds = [
        {e.decision_id or e.id for e in kept if end - limit.window_ms < e.at_ms <= end}
        for end in ends
        if holding <= end < holding + limit.window_ms
    ]
    return max(len(crowd) for crowd in crowds)


entries = st.builds(
    lambda number, at, state, expires, direction, group, decision: contact(
        f"a{number % 3}",
        decision,
        id=f"e{number}",
        at_ms=NOW + at * HOUR,
        expires_ms=NOW + expires * HOUR,
        state=state,
        direction=direction,
        group=group,
    ),
    number=st.integers(0, 10**9),
    at=st.integers(-30, 30),
    state=st.sampled_from(ContactState),
    expires=st.integers(-2, 2),
    direction=st.sampled_from(Direction),
    group=st.sampled_from(["g1", "g2"]),
    decision=st.sampled_from(["", "d1", "d2"]),
)
limits = st.builds(
    lambda cap, window, groups, directions: ContactLimit("l", cap, window * HOUR, groups=groups, directions=directions),
    cap=st.integers(0, 4),
    window=st.integers(1, 40),
    groups=st.sampled_from([frozenset[str](), frozenset({"g1"})]),
    directions=st.sampled_from([frozenset[Direction](), frozenset({Direction.OUTBOUND})]),
)


@given(
    ledger=st.lists(entries, max_size=12, unique_by=lambda entry: entry.id),
    limits=st.lists(limits, min_size=1, max_size=3),
    delay=st.sampled_from([0, HOUR, 20 * HOUR]),
    direction=st.sampled_from(Direction),
    case=st.integers(0, 2**60),
)
@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_the_script_counts_as_a_brute_force_recount_does(
    replay_store: Store,
    ledger: list[Contact],
    limits: list[ContactLimit],
    delay: int,
    direction: Direction,
    case: int,
) -> None:
    """An offer is taken exactly when every window that holds it stays within every cap, planned contacts included."""
    ledger.sort(key=lambda entry: entry.at_ms)
    ref = replay_store.identity.customer(f"c{case}-{len(ledger)}")
    state = (await replay_store.reader.read([ref])).states[0]
    wrote = await replay_store.customers.write([CustomerWrite(ref, state.engagement_version, ledger=tuple(ledger))])
    assert wrote == [True]

    made = commit(replay_store, ref, f"r{state.engagement_version}", limits=tuple(limits))
    new = replace(contact("a9", made.decision_id, at_ms=delay), direction=direction)
    naming = tuple(i for i, limit in enumerate(limits) if limit.covers_contact(new))
    (result,) = await replay_store.decisions.commit([replace(made, offers=(offer(0, new, limits=naming),))])

    placed = replace(new, at_ms=NOW + delay, expires_ms=NOW + HOUR)
    fits = all(worst_window([*ledger, placed], limits[i], placed.at_ms) <= limits[i].cap for i in naming)
    assert result.taken == ((0,) if fits else ())
    stored = (await replay_store.reader.read([ref])).states[0].ledger
    assert [entry.at_ms for entry in stored] == sorted(entry.at_ms for entry in stored)
    assert len(stored) == len(ledger) + fits


async def test_a_race_for_the_last_slots_is_won_by_exactly_as_many_as_the_cap(store: Store) -> None:
    """Of sixty decisions at once, by six connections' batches, three get the three slots and the others none."""
    ref = store.identity.customer("c1")
    cap = (ContactLimit("three", 3, DAY),)
    batches = [[commit(store, ref, f"r{b}-{i}", limits=cap) for i in range(10)] for b in range(6)]
    results = [result for batch in await asyncio.gather(*map(store.decisions.commit, batches)) for result in batch]
    assert all(result.status is CommitStatus.COMMITTED for result in results)
    assert sum(1 for result in results if result.taken) == 3
    assert len((await store.reader.read([ref])).states[0].ledger) == 3
    assert await store.journal.length() == 60


async def test_the_tightest_of_several_limits_wins(store: Store) -> None:
    """A channel's budget of two and a group's of one leave room for one action of the group and one other."""
    ref = store.identity.customer("c1")
    both = (ContactLimit("channel", 2, DAY), ContactLimit("group", 1, DAY, groups=frozenset({"g1"})))
    taken = []
    for number, group in enumerate(("g1", "g1", "g2", "g2")):
        made = commit(store, ref, f"r{number}", limits=both)
        entry = contact(f"a{number}", made.decision_id, group=group)
        naming = (0, 1) if group == "g1" else (0,)
        (result,) = await store.decisions.commit([replace(made, offers=(offer(0, entry, limits=naming),))])
        taken.append(result.taken)
    assert taken == [(0,), (), (0,), ()]


async def test_a_reservation_that_ran_out_frees_its_slot_only_inbound(replay_store: Store) -> None:
    """After its time an inbound reservation no longer counts; an outbound one does, for the message may be out."""
    cap = (ContactLimit("one", 1, 2 * DAY),)
    taken = []
    for direction in Direction:
        ref = replay_store.identity.customer(direction.value)
        entry = contact("a0", "d0", at_ms=NOW - HOUR, expires_ms=NOW, direction=direction)
        await replay_store.customers.write([CustomerWrite(ref, 0, ledger=(entry,))])
        (result,) = await replay_store.decisions.commit([commit(replay_store, ref, "r1", limits=cap)])
        taken.append(result.taken)
    assert taken == [(0,), ()]
