"""Restores a backup into an empty place, and compares what is there then with what was backed up."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.backup.archive_copy import check_free, copy_in
from nba_server.adapters.backup.faults import BackupDamaged
from nba_server.adapters.backup.keys_file import copy_keys, read_keys
from nba_server.adapters.backup.keyspace import KeySpace
from nba_server.adapters.backup.making import ARCHIVE, KEYS_FILE, SNAPSHOT_FILE, Place
from nba_server.adapters.backup.manifest import SNAPSHOT, Counts, Manifest
from nba_server.adapters.backup.package import opened
from nba_server.adapters.backup.snapshot import holds_data, lay_out
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.folder import EngineFolder
from nba_server.errors import FailedPrecondition


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is back in place: what it holds, counted after the restore."""

    manifest: Manifest
    counts: Counts
    archive_rows: int


async def restore(backup: Path, place: Place) -> Restored:
    """Restores store and archive. Both places must be empty; they are looked at before anything is written.

    Raises `BackupDamaged`, `FailedPrecondition`, `ArchiveUnavailable`, `StoreUnavailable`.
    """
    with opened(backup, place.data.absolute()) as (folder, manifest):
        await _check_free(place)
        if manifest.archive_version >= 0:
            await asyncio.to_thread(copy_in, folder / ARCHIVE, place.archive)
        if place.store:
            counts = await _into_address(folder, manifest, place.store)
        else:
            counts = await _into_folder(folder, manifest, place.data)
        rows = sum(file.rows for file in ArchiveReader(place.archive).files())
    faults = manifest.counts.differences(counts) if manifest.counts else []
    if rows != manifest.archive_rows:
        faults.append(f"archive: {manifest.archive_rows:,} rows in the backup, {rows:,} restored")
    if faults:
        raise BackupDamaged("what was restored is not what was backed up: " + "; ".join(faults))
    return Restored(manifest, counts, rows)


def check(backup: Path, workplace: Path) -> Manifest:
    """Reads a whole backup. Raises `BackupDamaged`, `FailedPrecondition`."""
    with opened(backup, workplace) as (_, manifest):
        return manifest


async def _check_free(place: Place) -> None:
    await asyncio.to_thread(check_free, place.archive)
    if not place.store:
        if holds_data(EngineFolder.within(place.data)):
            raise FailedPrecondition(f"{place.data} holds a store already: restore into another data folder.")
        return
    async with KeySpace.connect(place.store) as space:
        if not await space.empty():
            raise FailedPrecondition("There is a store at the given address already: restore into an empty one.")


async def _into_folder(folder: Path, manifest: Manifest, data: Path) -> Counts:
    """The embedded engine runs for that time only; whoever looks meanwhile finds the folder in use."""
    if manifest.store_form == SNAPSHOT:
        await asyncio.to_thread(lay_out, folder / SNAPSHOT_FILE, EngineFolder.within(data))
    async with _running(data) as space:
        if manifest.store_form != SNAPSHOT:
            await read_keys(space, folder / KEYS_FILE)
        return await _counted(space)


async def _into_address(folder: Path, manifest: Manifest, url: str) -> Counts:
    async with KeySpace.connect(url) as target:
        if manifest.store_form != SNAPSHOT:
            await read_keys(target, folder / KEYS_FILE)
            return await _counted(target)
        with tempfile.TemporaryDirectory(prefix=".nba-restore-", dir=folder.parent) as between:
            await asyncio.to_thread(lay_out, folder / SNAPSHOT_FILE, EngineFolder.within(between))
            async with _running(Path(between)) as source:
                await copy_keys(source, target)
        return await _counted(target)


@asynccontextmanager
async def _running(data: Path) -> AsyncIterator[KeySpace]:
    engine = await asyncio.to_thread(EmbeddedEngine.start, data)
    try:
        async with KeySpace.connect(engine.url) as space:
            yield space
    finally:
        await asyncio.to_thread(engine.stop)


async def _counted(space: KeySpace) -> Counts:
    return await space.counts(int((await space.meta())["buckets"]))
