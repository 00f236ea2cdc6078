"""What the archive holds and how far the journal is ahead of it, for operators.

It reads statistics only, never rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.archive.source import Source


@dataclass(frozen=True, slots=True)
class ArchiveCondition:
    """`size` in bytes; `first_ms` and `last_ms` bound the entries on the store's clock; `committed_ms` is the last commit."""

    version: int
    files: int
    rows: int
    size: int
    first_ms: int
    last_ms: int
    committed_ms: int


@dataclass(frozen=True, slots=True)
class JournalCondition:
    """`entries` the journal holds, `lag_ms` the age of the oldest that is not archived (0: all are), `dead` put aside."""

    entries: int
    lag_ms: int
    dead: int


def archive_condition(reader: ArchiveReader) -> ArchiveCondition:
    """What the archive holds."""
    files: Sequence[DataFile] = reader.files()
    return ArchiveCondition(
        version=reader.version,
        files=len(files),
        rows=sum(file.rows for file in files),
        size=sum(file.size for file in files),
        first_ms=min((file.first_ms for file in files), default=0),
        last_ms=max((file.last_ms for file in files), default=0),
        committed_ms=max((file.written_ms for file in files), default=0),
    )


async def journal_condition(store: Source, reader: ArchiveReader) -> JournalCondition:
    """How far the journal is ahead of the archive. Raises `StoreUnavailable`."""
    after = await asyncio.to_thread(reader.last_ids, range(store.info.buckets))
    oldest = await store.journal.read(after, 1)
    return JournalCondition(
        entries=await store.journal.length(),
        lag_ms=max(0, await store.clock.now() - oldest[0].at_ms) if oldest else 0,
        dead=len(await store.journal.dead_letters(1_000)),
    )
