"""Every entry of the journal is in the archive exactly once, whoever dies and whoever races."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from pathlib import Path

import pytest

from nba_server.adapters.archive.archiver import LEASE, Archiver, ArchiverSettings
from nba_server.adapters.archive.faults import ArchiveStale
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from tests.integration.archive_journal import bought, buy, once_each, poison

KEEP_NOTHING = ArchiverSettings(batch_rows=20, keep_ms=0)


async def test_drain_archives_all_that_is_there(store: Store, tmp_path: Path) -> None:
    """After a drain the archive holds each entry once, over several batches."""
    await buy(store, 130)
    archiver = Archiver(store, tmp_path, ArchiverSettings(batch_rows=20))
    await archiver.drain()
    assert bought(tmp_path) == once_each(130)
    assert (archiver.archived, await archiver.run_once()) == (130, 0)


async def test_small_batches_by_bytes(store: Store, tmp_path: Path) -> None:
    """A batch ends when its payload is large enough, however few entries it has."""
    await buy(store, 50)
    archiver = Archiver(store, tmp_path, ArchiverSettings(batch_rows=2_000, batch_bytes=1))
    await archiver.drain()
    assert bought(tmp_path) == once_each(50)


@pytest.mark.parametrize("step", ["read", "written", "committed", "verified", "trimmed"])
@pytest.mark.parametrize("nth", [1, 2])
async def test_archiver_killed_at_each_step(
    engine: EmbeddedEngine, store: Store, tmp_path: Path, step: str, nth: int
) -> None:
    """An archiver killed with -9 at any step, early or later: the next one ends with rows = distinct ids, and nothing is lost."""
    await buy(store, 100)
    command = [sys.executable, "-m", "tests.integration.archive_process", engine.url, str(tmp_path), step, str(nth)]
    child = await asyncio.create_subprocess_exec(*command)
    assert await child.wait() == -signal.SIGKILL
    await buy(store, 50, first=100)
    heir = Archiver(store, tmp_path, KEEP_NOTHING)
    await heir.drain()
    assert bought(tmp_path) == once_each(150)
    await heir.trim()
    assert await store.journal.length() == 0


@pytest.mark.parametrize("step", ["read", "written"])
async def test_zombie_with_an_old_state_of_the_table_writes_nothing(
    engine: EmbeddedEngine, store: Store, tmp_path: Path, step: str
) -> None:
    """An archiver that stopped between reading and committing, while another went on, is told and duplicates nothing."""
    await buy(store, 40)

    async def another() -> None:
        other = await Store.open(engine.url)
        assert await Archiver(other, tmp_path, ArchiverSettings(batch_rows=30)).run_once() == 30
        await other.close()

    def reached(name: str) -> None:
        if name == step:
            thread = threading.Thread(target=asyncio.run, args=(another(),))
            thread.start()
            thread.join()

    with pytest.raises(ArchiveStale):
        await Archiver(store, tmp_path, ArchiverSettings(batch_rows=40), reached=reached).run_once()
    assert sum(bought(tmp_path).values()) == 30
    await Archiver(store, tmp_path).drain()
    assert bought(tmp_path) == once_each(40)


async def test_two_archivers_at_once_share_the_work(store: Store, tmp_path: Path) -> None:
    """Two archivers that drain the same journal at the same time leave each entry once."""
    await buy(store, 400)
    first, second = (Archiver(store, tmp_path, ArchiverSettings(batch_rows=rows)) for rows in (20, 30))
    await asyncio.gather(first.drain(), second.drain())
    assert bought(tmp_path) == once_each(400)
    assert first.archived + second.archived == 400


async def test_poison_entries_are_put_aside_with_a_reason(store: Store, tmp_path: Path) -> None:
    """Entries that nobody can read do not stop the others, and are kept apart with the reason."""
    await buy(store, 10)
    await poison(store)
    await poison(store, b"", "outcome")
    await buy(store, 10, first=10)
    archiver = Archiver(store, tmp_path, KEEP_NOTHING)
    await archiver.drain()
    assert bought(tmp_path) == once_each(20)
    reasons = {letter.record.kind: letter.reason for letter in await store.journal.dead_letters(10)}
    assert reasons.keys() == {"purchase", "outcome"}
    assert "no journal entry" in reasons["purchase"]
    assert "empty" in reasons["outcome"]
    assert await archiver.run_once() == 0


async def test_journal_of_poison_alone_is_passed(store: Store, tmp_path: Path) -> None:
    """A batch without a single readable entry is not read again and again."""
    await poison(store)
    archiver = Archiver(store, tmp_path, KEEP_NOTHING)
    await archiver.drain()
    assert await archiver.run_once() == 0
    assert len(await store.journal.dead_letters(10)) == 1


async def test_run_works_under_the_lease_until_it_is_stopped(store: Store, tmp_path: Path) -> None:
    """Of two archivers that run, the one with the lease works; stopped, it gives the lease back and the other takes over."""
    pace = ArchiverSettings(interval_ms=10, lease_ms=60_000, keep_ms=0)
    committed = {name: asyncio.Event() for name in "ab"}

    def telling(name: str) -> Archiver:
        return Archiver(
            store, tmp_path, pace, reached=lambda step: (step == "trimmed" and committed[name].set()) or None
        )

    stops = {name: asyncio.Event() for name in "ab"}
    await buy(store, 10)
    first = asyncio.create_task(telling("a").run(stops["a"]))
    await committed["a"].wait()
    second = asyncio.create_task(telling("b").run(stops["b"]))
    assert await store.leases.acquire(LEASE, 1_000, "somebody else") is None
    stops["a"].set()
    await first
    await buy(store, 10, first=10)
    await committed["b"].wait()
    stops["b"].set()
    await second
    assert bought(tmp_path) == once_each(20)
    assert await store.leases.acquire(LEASE, 1_000, "somebody else") is not None
