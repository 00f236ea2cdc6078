"""Makes a backup: the store first or as of one moment with the archive, so that nothing falls between the two."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.backup.archive_copy import copy_out
from nba_server.adapters.backup.faults import BackupFailed
from nba_server.adapters.backup.keys_file import write_keys
from nba_server.adapters.backup.keyspace import KeySpace
from nba_server.adapters.backup.manifest import KEYS, SNAPSHOT, Counts, Manifest, files_of, packed
from nba_server.adapters.backup.package import making
from nba_server.adapters.backup.snapshot import EngineSnapshot, alone, holds_data, lay_out
from nba_server.adapters.embedded import EmbeddedEngine, attach_url
from nba_server.adapters.engine.folder import EngineFolder
from nba_server.errors import FailedPrecondition

SNAPSHOT_FILE = Path("store") / "snapshot.rdb"
KEYS_FILE = Path("store") / "keys.msgpack"
ARCHIVE = Path("archive")
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where store and archive are: `store` is an address, or empty for the embedded engine in the folder `data`."""

    data: Path
    store: str
    archive: str


@dataclass(frozen=True, slots=True)
class _StorePart:
    """What was found out about the store while it was written."""

    form: str
    meta: dict[str, str]
    engine: str
    counts: Counts | None
    archive_version: int


async def back_up(place: Place, target: Path, *, server_version: str, trial: bool = True) -> Manifest:
    """Makes a backup of what a running server uses, or of a store at rest. `target` must not exist.

    With `trial` the embedded engine's snapshot is started once, and what it holds is counted. Raises `FailedPrecondition`,
    `BackupFailed`, `ArchiveDamaged`, `StoreUnavailable`; nothing is left at `target` then.
    """
    began_ms = time.time_ns() // 1_000_000
    with making(target) as stage:
        (stage / "store").mkdir()
        part = await (_keys(place, stage) if place.store else _snapshot(place, stage, trial=trial))
        rows = 0
        if part.archive_version >= 0:
            rows = await asyncio.to_thread(copy_out, place.archive, part.archive_version, stage / ARCHIVE)
        manifest = Manifest(
            began_ms=began_ms,
            server_version=server_version,
            store_kind=part.meta["kind"],
            store_format=part.meta["format"],
            store_form=part.form,
            engine=part.engine,
            counts=part.counts,
            archive_version=part.archive_version,
            archive_rows=rows,
            files=tuple(packed(stage, path) for path in files_of(stage)),
        )
        manifest.write(stage)
    return manifest


async def _snapshot(place: Place, stage: Path, *, trial: bool) -> _StorePart:
    """Of the embedded engine; one that is at rest runs for that time."""
    folder = EngineFolder.within(place.data)
    with ExitStack() as closing:
        url = attach_url(place.data)
        if url is None:
            if not holds_data(folder):
                raise FailedPrecondition(f"There is no store in {place.data}: name the data folder (--data).")
            url = closing.enter_context(await asyncio.to_thread(EmbeddedEngine.start, place.data)).url
        async with KeySpace.connect(url) as space:
            meta, engine = await _described(space)
        closing.enter_context(alone(folder))
        version = await asyncio.to_thread(_take, folder, Path(url.removeprefix("unix://")), place.archive, stage)
    counts = await _tried(stage / SNAPSHOT_FILE) if trial else None
    return _StorePart(SNAPSHOT, meta, engine, counts, version)


def _take(folder: EngineFolder, socket: Path, archive: str, stage: Path) -> int:
    """Takes a snapshot in whose moment the archive did not change, and gives the archive's version."""
    snapshot = EngineSnapshot(folder, socket)
    for _ in range(_ATTEMPTS):
        before = ArchiveReader(archive).version
        snapshot.begin()
        unchanged = ArchiveReader(archive).version == before
        file = snapshot.finish()
        if unchanged:
            shutil.copyfile(file, stage / SNAPSHOT_FILE)
            file.unlink()
            return before
        file.unlink()
    raise BackupFailed("the archive is written without a pause: try again")


async def _tried(snapshot: Path) -> Counts:
    """What an engine has that starts from a snapshot: a backup that nobody has started is a hope."""
    with tempfile.TemporaryDirectory(prefix=".trial-", dir=snapshot.parent) as folder:
        await asyncio.to_thread(lay_out, snapshot, EngineFolder.within(folder))
        engine = await asyncio.to_thread(EmbeddedEngine.start, folder, durability="everysec")
        try:
            async with KeySpace.connect(engine.url) as space:
                return await space.counts(int((await space.meta())["buckets"]))
        finally:
            await asyncio.to_thread(engine.stop)


async def _keys(place: Place, stage: Path) -> _StorePart:
    """Of an engine that is not ours, key by key."""
    version = -1

    async def look_at_archive() -> None:
        nonlocal version
        version = (await asyncio.to_thread(ArchiveReader, place.archive)).version

    async with KeySpace.connect(place.store) as space:
        meta, engine = await _described(space)
        counts = await write_keys(space, stage / KEYS_FILE, int(meta["buckets"]), look_at_archive)
    return _StorePart(KEYS, meta, engine, counts, version)


async def _described(space: KeySpace) -> tuple[dict[str, str], str]:
    """The store's marks, and the engine. Raises `FailedPrecondition` when there is no store."""
    meta = await space.meta()
    if not meta:
        raise FailedPrecondition("There is no store of this server at the given address yet.", reason="NO_STORE")
    return meta, await space.engine()
