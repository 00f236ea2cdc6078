"""The watcher on a real store: swaps, refusals, roll-backs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nba_server.adapters.catalog import CatalogWatcher, compile_folder
from nba_server.adapters.catalog.folder_watch import FolderWatch
from nba_server.adapters.catalog.publishing import publish
from nba_server.adapters.redis.store import Store
from nba_server.errors import CatalogInvalid, FailedPrecondition, NotFound


@asynccontextmanager
async def watching(store: Store, folder: Path | None, *, by_itself: bool = True) -> AsyncIterator[CatalogWatcher]:
    """A started watcher that is stopped at the end; not `by_itself` it looks only when it is told to."""
    watcher = CatalogWatcher(store.snapshots, folder, poll_s=0.05 if by_itself else 3600.0)
    await watcher.start()
    try:
        yield watcher
    finally:
        await watcher.stop()


def edit(folder: Path, old: str, new: str) -> None:
    """Replaces a text in the catalogue's body as an editor does."""
    body = folder / "body.yaml"
    text = body.read_text(encoding="utf-8")
    assert old in text
    saved = folder / ".body.yaml.new"
    saved.write_text(text.replace(old, new), encoding="utf-8")
    saved.replace(body)


async def test_start_publishes_the_folder(store: Store, folder: Path) -> None:
    """A server that starts with a folder puts its snapshot into the store and serves it."""
    async with watching(store, folder) as watcher:
        assert watcher.live.hash == compile_folder(folder).hash
        assert await store.snapshots.live() == watcher.live.hash
        assert [(info.name, info.actions, info.live) for info in await watcher.list()] == [("bank", 2, True)]


async def test_change_goes_live_on_the_whole_fleet(store: Store, folder: Path) -> None:
    """A changed file is served by the watching server and by one that only follows the store."""
    async with watching(store, folder) as leader, watching(store, None) as follower:
        before = leader.live
        edit(folder, "value: 10", "value: 12")
        changed = compile_folder(folder).hash
        async with asyncio.timeout(30):
            await asyncio.gather(leader.serving(changed), follower.serving(changed))
        assert leader.live.values[0] == 12.0
        assert before.values[0] == 10.0


async def test_broken_change_is_refused_and_the_old_one_serves(store: Store, folder: Path) -> None:
    """A fault changes nothing; `refused` has file, line and mend; the corrected file is served."""
    async with watching(store, folder, by_itself=False) as watcher:
        before = watcher.live
        edit(folder, "customer.age >= 18", "customer.agee >= 18")
        assert await watcher.reload() is False
        assert watcher.live is before
        assert "body.yaml:10:31" in watcher.refused
        assert "did you mean `customer.age`?" in watcher.refused
        edit(folder, "customer.agee >= 18", "customer.age >= 21")
        assert await watcher.reload() is True
        assert watcher.refused == ""


async def test_rollback_is_kept_by_a_restart(store: Store, folder: Path) -> None:
    """After a roll-back a restarted server does not publish the same folder again; a changed folder is."""
    async with watching(store, folder, by_itself=False) as watcher:
        first = watcher.live.hash
        edit(folder, "value: 10", "value: 12")
        assert await watcher.reload()
        await watcher.rollback("")
        assert watcher.live.hash == first
    async with watching(store, folder, by_itself=False) as restarted:
        assert restarted.live.hash == first
        edit(folder, "value: 12", "value: 13")
        assert await restarted.reload()
        assert restarted.live.hash == compile_folder(folder).hash


async def test_rollback_to_an_unknown_snapshot_is_not_found(store: Store, folder: Path) -> None:
    """A wrong hash changes nothing and is told."""
    async with watching(store, folder) as watcher:
        with pytest.raises(NotFound):
            await watcher.rollback("0123456789")
        with pytest.raises(NotFound):
            await watcher.rollback("")


async def test_older_snapshots_are_compiled_on_demand(store: Store, folder: Path) -> None:
    """A decision of yesterday finds its catalogue; an unknown hash gives None."""
    old = compile_folder(folder)
    await publish(store.snapshots, old, "")
    edit(folder, "value: 10", "value: 12")
    async with watching(store, folder) as watcher:
        found = await watcher.snapshot(old.hash)
        assert found is not None
        assert found.values[0] == 10.0
        assert await watcher.snapshot(old.hash) is found
        assert await watcher.snapshot("f" * 64) is None


async def test_start_without_any_catalogue_says_what_to_do(store: Store) -> None:
    """Neither folder nor snapshot: the message names both mends."""
    with pytest.raises(FailedPrecondition, match=r"--catalog FOLDER.*nba catalog publish"):
        await CatalogWatcher(store.snapshots).start()


async def test_first_start_with_a_broken_folder_is_refused(store: Store, folder: Path) -> None:
    """Without an older snapshot a broken folder cannot be served."""
    edit(folder, "value: 10", "value: 0")
    with pytest.raises(CatalogInvalid, match="worth 0"):
        await CatalogWatcher(store.snapshots, folder).start()


async def test_restart_with_a_broken_folder_serves_the_stored_snapshot(store: Store, folder: Path) -> None:
    """With an older snapshot the server starts on it and says why the folder is refused."""
    good = compile_folder(folder)
    await publish(store.snapshots, good, "")
    edit(folder, "value: 10", "value: 0")
    async with watching(store, folder) as watcher:
        assert watcher.live.hash == good.hash
        assert "worth 0" in watcher.refused


async def test_a_file_being_written_is_not_read_half(folder: Path) -> None:
    """A change counts when two looks in a row find the same; a file that still grows is waited for."""
    watch = FolderWatch(folder)
    assert await watch.first() is not None
    assert await watch.changed(settled=False) is None
    edit(folder, "value: 10", "value: 11")
    assert await watch.changed(settled=False) is None
    edit(folder, "value: 11", "value: 12345")
    assert await watch.changed(settled=False) is None
    compiled = await watch.changed(settled=False)
    assert compiled is not None
    assert compiled.catalog.values[0] == 12345.0
    assert await watch.changed(settled=False) is None


async def test_tests_are_no_change_and_a_deleted_file_is(folder: Path) -> None:
    """Only what is compiled is watched: a test file changes nothing, a file that goes away does."""
    watch = FolderWatch(folder)
    await watch.first()
    (folder / "x_test.yaml").write_text("tests: []\n", encoding="utf-8")
    assert await watch.changed(settled=True) is None
    (folder / "body.yaml").unlink()
    compiled = await watch.changed(settled=True)
    assert compiled is not None
    assert compiled.catalog.actions == ()


async def test_snapshot_that_cannot_be_read_is_refused(store: Store, folder: Path) -> None:
    """A live snapshot of a newer format changes nothing here, and is told; going back clears it."""
    async with watching(store, folder) as watcher:
        before = watcher.live
        await store.snapshots.put("e" * 64, b'{"format":99}', {"catalog": "x", "actions": "0"})
        await store.snapshots.set_live("e" * 64)
        assert await watcher.reload() is False
        assert watcher.live is before
        assert "format 99" in watcher.refused
        await store.snapshots.set_live(before.hash)
        assert await watcher.reload() is False
        assert watcher.refused == ""
    await store.snapshots.set_live("e" * 64)
    with pytest.raises(CatalogInvalid, match="format 99"):
        await CatalogWatcher(store.snapshots).start()


async def test_publishing_over_a_rollback_counts(store: Store, folder: Path) -> None:
    """Publishing by hand ends a roll-back: the next start serves the folder again."""
    async with watching(store, folder, by_itself=False) as watcher:
        edit(folder, "value: 10", "value: 12")
        assert await watcher.reload()
        await watcher.rollback("")
        await publish(store.snapshots, compile_folder(folder), "by hand")
        assert await watcher.reload()
        assert watcher.live.hash == compile_folder(folder).hash
