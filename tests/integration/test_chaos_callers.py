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
from tests.chaos.cancellation import Gone, cancelled_calls, completed, left_behind
from tests.chaos.fleet import Server
from tests.freezing import frozen
from tests.store.builders import until

pytestmark = pytest.mark.timeout(180)
"""A server in processes of its own on a busy machine: longer than a test of one process."""

ROOM, CROWD, CANCELLED = 40, 160, 8
PATIENT_S = 20.0
"""What a call has where the store is frozen for a moment: on a machine that stalls the moment may be a long one."""


@pytest.fixture(scope="module")
def narrow(engine: EmbeddedEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`nba serve` with one worker that takes few calls at once; its reservations outlast the tests."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    folder = tmp_path_factory.mktemp("callers")
    catalogue = world.write_catalogue(folder / "catalogue", reservation_s=120)
    options = {"access-log": "true", "max-concurrency": str(ROOM), "store-patience": "2s"}
    with Server(folder / "data", catalogue, store=engine.url, workers=1, options=options) as server:
        yield server


async def test_nothing_is_held_for_callers_who_have_gone(narrow: Server, engine: EmbeddedEngine) -> None:
    """Calls cancelled at random: in the end no reservation counts but those of who asked again and was answered.

    The first ones find a store that is frozen until some of them have gone: a server may be too fast for all others.
    """
    gone = Gone()
    with frozen(engine.pid):
        calling = asyncio.create_task(cancelled_calls(gone, narrow.address, 100, seconds=30))
        await until(lambda: gone.cancelled >= CANCELLED)
    await calling
    deadline = time.monotonic() + 30
    while True:
        left = await left_behind(str(narrow.facts["store"]), gone, completed(narrow))
        if not left["ghosts"] or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    assert len(gone.told) + len(gone.silent) > 0
    assert gone.releases_failed == 0
    assert (left["ghosts"], left["lost_when_asked_again"]) == (0, 0)


async def test_too_many_calls_are_refused_and_each_has_an_end(narrow: Server, engine: EmbeddedEngine) -> None:
    """Of callers who come back too soon and of those who wait as asked, every call is served, refused or held back.

    The store is frozen until one is refused: a server that is fast enough would serve all of them.
    """
    stubborn, polite = Seen(), Seen()
    async with callers(narrow.address, PATIENT_S) as calling:
        for seen, honours in ((stubborn, False), (polite, True)):
            with frozen(engine.pid):
                crowd = asyncio.create_task(calling.at_once(seen, CROWD, honours=honours))
                await until(lambda seen=seen: bool(seen.refused))
            await crowd
        afterwards = [await calling.one() for _ in range(5)]
    assert stubborn.offered == len(stubborn.served) + sum(stubborn.codes.values()) == CROWD
    assert polite.offered == len(polite.served) + polite.held + others(polite) == CROWD
    assert {*stubborn.codes, *polite.codes} <= {"RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"}
    assert stubborn.served
    assert polite.served
    assert all(seen.served for seen in afterwards)


def others(seen: Seen) -> int:
    """Calls that ended with another error than a refusal: a polite caller repeats what was refused."""
    return sum(number for code, number in seen.codes.items() if code != "RESOURCE_EXHAUSTED")
