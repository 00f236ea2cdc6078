"""Lets the journal forget what is safe in the archive: file by file, in the order of the commits.

A file is read whole again before the entries in it are forgotten; the first damaged one stops it, since the journal may
be the only place that still has its entries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.settings import ArchiverSettings
from nba_server.adapters.archive.source import Source
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.verification import last_ids_of


class Trimmer:
    """Trims the journal of one store. `through` is the last commit whose entries were forgotten."""

    def __init__(self, store: Source, settings: ArchiverSettings, reached: Callable[[str], None]) -> None:
        self._store = store
        self._settings = settings
        self._reached = reached
        self._done: set[str] = set()
        self.through = 0

    async def trim(self, table: ArchiveTable) -> int:
        """Forgets entries older than the keep time, or more when the journal holds too many; gives their number.

        Raises `ArchiveDamaged` at a file that is not what was committed.
        """
        self.through = max(self.through, table.trimmed)
        cutoff = await self._store.clock.now() - self._settings.keep_ms
        excess = await self._excess()
        forgotten = 0
        for file in sorted(table.data_files(), key=lambda file: (file.commit, file.day, file.path)):
            if file.commit <= self.through or file.path in self._done:
                continue
            if file.last_ms > cutoff and excess <= forgotten:
                break
            await self._forget(table, file)
            forgotten += file.rows
        return forgotten

    async def _excess(self) -> int:
        """How many entries too many the journal holds, by number and by the memory that one takes on average."""
        length = await self._store.journal.length()
        too_large = await self._store.journal.size() - self._settings.keep_bytes
        by_bytes = -(-too_large * length // (too_large + self._settings.keep_bytes)) if too_large > 0 else 0
        return max(length - self._settings.keep_entries, by_bytes)

    async def _forget(self, table: ArchiveTable, file: DataFile) -> None:
        last = await asyncio.to_thread(last_ids_of, table.files, file.path, file.rows)
        self._reached("verified")
        for bucket, stream_id in last.items():
            await self._store.journal.trim(bucket, stream_id)
        self._done.add(file.path)
        self.through = max(self.through, file.commit - 1)
        self._reached("trimmed")
