"""Lets the journal forget what is safe in the archive: file by file, in the order of the commits.

A file is read whole again before the entries in it are forgotten; the first damaged one stops it, since the journal may
be the only place that still has its entries. Entries that others have yet to read (webhooks) stay too, until the journal holds
too many: that is the bound, and it is said and counted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.schema import order_of
from nba_server.adapters.archive.settings import ArchiverSettings
from nba_server.adapters.archive.source import Followers, Source
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.verification import last_ids_of

BEGIN = "0-0"
_log = logging.getLogger("nba.archive")


class Trimmer:
    """Trims the journal of one store. `through` is the last commit whose entries were forgotten."""

    def __init__(
        self,
        store: Source,
        settings: ArchiverSettings,
        reached: Callable[[str], None],
        followers: Followers | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._reached = reached
        self._followers = followers
        self._done: set[str] = set()
        self._verified: dict[str, Mapping[int, str]] = {}
        self.through = 0

    async def trim(self, table: ArchiveTable) -> int:
        """Forgets entries older than the keep time, or more when the journal holds too many; gives their number.

        Raises `ArchiveDamaged` at a file that is not what was committed.
        """
        self.through = max(self.through, table.trimmed)
        cutoff = await self._store.clock.now() - self._settings.keep_ms
        excess = await self._excess()
        floors = await self._followers.floors() if self._followers else {}
        forgotten = 0
        for file in sorted(table.data_files(), key=lambda file: (file.commit, file.day, file.path)):
            if file.commit <= self.through or file.path in self._done:
                continue
            if file.last_ms > cutoff and excess <= forgotten:
                break
            last = await self._last_ids(table, file)
            behind = sorted(name for name, done in floors.items() if _is_behind(done, last))
            if behind and excess <= forgotten:
                break
            await self._forget(file, last, {name: floors[name] for name in behind})
            forgotten += file.rows
        return forgotten

    async def _excess(self) -> int:
        """How many entries too many the journal holds, by number and by the memory that one takes on average."""
        length = await self._store.journal.length()
        too_large = await self._store.journal.size() - self._settings.keep_bytes
        by_bytes = -(-too_large * length // (too_large + self._settings.keep_bytes)) if too_large > 0 else 0
        return max(length - self._settings.keep_entries, by_bytes)

    async def _last_ids(self, table: ArchiveTable, file: DataFile) -> Mapping[int, str]:
        """The last entry of each bucket in a file that was read whole; once, also while others hold up the forgetting."""
        last = self._verified.get(file.path)
        if last is None:
            last = await asyncio.to_thread(last_ids_of, table.files, file.path, file.rows)
            self._reached("verified")
            self._verified = {file.path: last}
        return last

    async def _forget(self, file: DataFile, last: Mapping[int, str], behind: Mapping[str, Mapping[int, str]]) -> None:
        for bucket, stream_id in last.items():
            if behind:
                await self._pass_by(bucket, stream_id, behind)
            else:
                await self._store.journal.trim(bucket, stream_id)
        self._done.add(file.path)
        self.through = max(self.through, file.commit - 1)
        self._reached("trimmed")

    async def _pass_by(self, bucket: int, stream_id: str, behind: Mapping[str, Mapping[int, str]]) -> None:
        """Trims although somebody has yet to read there, step by step, so that what each one misses is counted."""
        assert self._followers is not None
        done = {name: floors.get(bucket, BEGIN) for name, floors in behind.items()}
        steps = sorted(
            {step for step in done.values() if order_of(step) < order_of(stream_id)} | {stream_id}, key=order_of
        )
        for step in steps:
            gone = await self._followers.trim(bucket, step)
            missed = [name for name, own in done.items() if gone and order_of(own) < order_of(step)]
            for name in missed:
                await self._followers.skipped(name, gone)
                facts = {"endpoint": name, "bucket": bucket, "entries": gone}
                _log.error(
                    "the journal is full and an endpoint of webhooks misses entries; the archive has them", extra=facts
                )


def _is_behind(done: Mapping[int, str], last: Mapping[int, str]) -> bool:
    return any(order_of(done.get(bucket, BEGIN)) < order_of(stream_id) for bucket, stream_id in last.items())
