"""The store's time: real in a live store, set by hand and forward only in a replay store."""

from __future__ import annotations

import time

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.errors import FailedPrecondition
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, commit


async def test_a_live_store_has_real_time_that_cannot_be_moved(store: Store) -> None:
    """The clock is the engine's, and moving it is refused."""
    before = time.time_ns() // 1_000_000
    assert abs(await store.clock.now() - before) < 60_000
    with pytest.raises(FailedPrecondition, match="replay store"):
        await store.clock.advance(before + DAY)


async def test_a_frozen_clock_stands_until_it_is_moved(replay_store: Store) -> None:
    """Reads and commits of all buckets see the time that was set."""
    refs = [replay_store.identity.customer(f"c{i}") for i in range(30)]
    assert await replay_store.clock.now() == REPLAY_START_MS
    await replay_store.clock.advance(REPLAY_START_MS + DAY)
    assert (await replay_store.reader.read(refs[5:6])).now_ms == REPLAY_START_MS + DAY
    await replay_store.decisions.commit([commit(replay_store, ref, "r1") for ref in refs])
    assert {record.at_ms for record in await replay_store.journal.read({}, 100)} == {REPLAY_START_MS + DAY}


async def test_the_clock_moves_forward_only(replay_store: Store) -> None:
    """Setting it back is refused and changes nothing; setting it to where it stands is no move."""
    await replay_store.clock.advance(REPLAY_START_MS)
    with pytest.raises(FailedPrecondition, match="forward only"):
        await replay_store.clock.advance(REPLAY_START_MS - 1)
    assert await replay_store.clock.now() == REPLAY_START_MS


async def test_a_ticking_clock_runs_on_and_can_be_frozen_later(replay_store: Store) -> None:
    """From the time that was set the clock goes with real time, before 1970 plus today's distance as well as after."""
    await replay_store.clock.advance(REPLAY_START_MS + DAY, ticking=True)
    first = await replay_store.clock.now()
    deadline = time.monotonic() + 5.0
    while (now := await replay_store.clock.now()) == first and time.monotonic() < deadline:
        pass
    assert REPLAY_START_MS + DAY <= first < now < REPLAY_START_MS + DAY + 60_000
    await replay_store.clock.advance(REPLAY_START_MS + 2 * DAY)
    assert await replay_store.clock.now() == await replay_store.clock.now() == REPLAY_START_MS + 2 * DAY


async def test_a_clock_may_run_ahead_of_real_time(replay_store: Store) -> None:
    """A time in the future ticks as one in the past does."""
    far = 4_000_000_000_000
    await replay_store.clock.advance(far, ticking=True)
    assert far <= await replay_store.clock.now() < far + 60_000
