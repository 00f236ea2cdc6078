"""The proofs of `make chaos` about callers, in short: those who go, and those who are too many. Counts only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from tests.chaos import world
from tests.chaos.callers import Seen, callers
from tests.chaos.cancellation import cancelled_calls, completed, left_behind
from tests.chaos.fleet import Server

pytestmark = pytest.mark.timeout(180)
"""A server in processes of its own on a busy machine: longer than a test of one process."""

ROOM, RATE, WINDOW_S = 40, 2_000, 0.4


@pytest.fixture(scope="module")
def narrow(engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`nba serve` with one worker that takes few calls at once; its reservations outlast the tests."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    folder = tmp_path_factory.mktemp("callers")
    catalogue = world.write_catalogue(folder / "catalogue", reservation_s=120)
    options = {"access-log": "true", "max-concurrency": str(ROOM)}
    with Server(folder / "data", catalogue, store=engine.url, workers=1, options=options) as server:
        yield server


async def test_nothing_is_held_for_callers_who_have_gone(narrow: Server) -> None:
    """Calls cancelled at random: in the end no reservation counts but those of who asked again and was answered."""
    gone = await cancelled_calls(narrow.address, 100, seconds=30)
    deadline = time.monotonic() + 30
    while True:
        left = await left_behind(str(narrow.facts["store"]), gone, completed(narrow))
        if not left["ghosts"] or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    assert len(gone.told) + len(gone.silent) > 0
    assert gone.releases_failed == 0
    assert (left["ghosts"], left["lost_when_asked_again"]) == (0, 0)


async def test_too_many_calls_are_refused_and_each_has_an_end(narrow: Server) -> None:
    """Of callers who come back too soon and of those who wait as asked, every call is served, refused or held back."""
    async with callers(narrow.address) as calling:
        stubborn = await calling.by_the_clock(RATE, WINDOW_S, honours=False)
        polite = await calling.by_the_clock(RATE, WINDOW_S, honours=True)
        afterwards = [await calling.one() for _ in range(5)]
    assert stubborn.refused
    assert stubborn.offered == len(stubborn.served) + sum(stubborn.codes.values())
    assert polite.offered == len(polite.served) + polite.held + others(polite)
    assert {*stubborn.codes, *polite.codes} <= {"RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
    assert all(seen.served for seen in afterwards)


def others(seen: Seen) -> int:
    """Calls that ended with another error than a refusal: a polite caller repeats what was refused."""
    return sum(number for code, number in seen.codes.items() if code != "RESOURCE_EXHAUSTED")
