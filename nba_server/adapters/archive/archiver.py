"""Moves the journal into the archive, each entry exactly once, whatever dies in between.

One pass: read behind the table's last stream ids, write and read back files, commit files and ids in one step. A pass that dies
before the commit has done nothing; one that dies after it is known by the ids. Forgetting is trimming.py.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from nba_server.adapters.archive.faults import ArchiveDamaged, ArchiveStale
from nba_server.adapters.archive.repair import Repair
from nba_server.adapters.archive.schema import ArchiveRow, Poison, order_of, row_of
from nba_server.adapters.archive.settings import ArchiverSettings
from nba_server.adapters.archive.source import Followers, Source
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.trimming import Trimmer
from nba_server.adapters.archive.upkeep import Kept, Upkeep
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.errors import NbaError

LEASE = "archiver"
_log = logging.getLogger("nba.archive")


class Archiver:
    """The archiver of one store and one archive (folder or URI).

    `archived` counts entries since the start; `lag_ms` is the age of the oldest entry not archived at the last pass.
    `reached` is told each step of a pass as it ends: read, written, committed, verified, trimmed. The journal waits for
    `followers` as long as there is room.
    """

    def __init__(
        self,
        store: Source,
        location: str | Path,
        settings: ArchiverSettings | None = None,
        *,
        reached: Callable[[str], None] = lambda step: None,
        followers: Followers | None = None,
    ) -> None:
        self._store = store
        self._location = location
        self._settings = settings or ArchiverSettings()
        self._reached = reached
        self._buckets = range(store.info.buckets)
        self._table: ArchiveTable | None = None
        self._repair = Repair(store, location)
        self._upkeep = Upkeep(self._settings)
        self._upkeep_due = 0.0
        self._trimmer = Trimmer(store, self._settings, reached, followers)
        self.archived = 0
        self.lag_ms = 0

    async def run_once(self) -> int:
        """Archives one batch and gives the number of entries that left the queue; 0 means that all are archived.

        Raises `ArchiveStale` when another archiver was faster (nothing happened), `StoreUnavailable`.
        """
        table = await asyncio.to_thread(self._fresh)
        records = await self._collect(table)
        self._reached("read")
        if not records:
            self.lag_ms = 0
            return 0
        rows: list[ArchiveRow] = []
        for record in records:
            try:
                rows.append(row_of(record))
            except Poison as poison:
                place = {"bucket": record.bucket, "stream_id": record.stream_id, "reason": str(poison)}
                _log.error("a journal entry cannot be read and is put aside", extra=place)
                await self._store.journal.dead_letter(record, str(poison))
        last = {record.bucket: record.stream_id for record in records}
        actions = await asyncio.to_thread(table.write, rows)
        self._reached("written")
        await asyncio.to_thread(table.commit, actions, last, trimmed=self._trimmer.through)
        self._reached("committed")
        self.archived += len(rows)
        self.lag_ms = max(0, await self._store.clock.now() - records[0].at_ms)
        return len(records)

    async def trim(self) -> int:
        """Forgets entries of the journal that are safe in the archive and old enough; gives their number."""
        table = await asyncio.to_thread(self._fresh)
        return await self._trimmer.trim(table)

    async def tidy(self, wanted: Callable[[], bool] = lambda: True) -> Kept:
        """Looks after files that are over, while it is `wanted`; see upkeep.py. Raises `ArchiveDamaged`, `ArchiveStale`."""
        table = await asyncio.to_thread(self._fresh)
        through = max(self._trimmer.through, table.trimmed)
        return await self._upkeep.run(table, through, await self._store.clock.now(), wanted)

    async def drain(self) -> None:
        """Archives until the journal's end, as it is now, has passed. Safe beside a running archiver."""
        ends = await self._store.journal.tails()
        while not await self._passed(ends):
            try:
                if await self.run_once() == 0:
                    return
            except ArchiveStale:
                continue

    async def run(self, stop: asyncio.Event) -> None:
        """Archives and trims until `stop`, whenever this process holds the lease. Failures are logged and tried again."""
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        while not stop.is_set():
            try:
                fence = await self._store.leases.acquire(LEASE, self._settings.lease_ms, owner)
                if fence is not None:
                    await self._hold(fence, stop)
            except ArchiveStale:
                _log.info("another archiver was faster")
            except ArchiveDamaged as error:
                await self._mend(error)
            except (NbaError, OSError) as error:
                _log.warning("archiving is tried again", extra={"error": str(error)})
            await self._pause(stop, self._settings.interval_ms / 1000)

    async def _hold(self, fence: int, stop: asyncio.Event) -> None:
        """Works under the lease until it is lost."""
        clock = asyncio.get_running_loop().time
        due = clock()
        try:
            while not stop.is_set() and await self._store.leases.renew(LEASE, fence, self._settings.lease_ms):
                if clock() >= due and await self.run_once() < self._settings.batch_rows:
                    await self.trim()
                    due = clock() + self._settings.interval_ms / 1000
                    if clock() >= self._upkeep_due:
                        self._upkeep_due = clock() + self._settings.upkeep.interval_ms / 1000
                        await self._tidy(stop)
                await self._pause(stop, due - clock())
        finally:
            await self._store.leases.release(LEASE, fence)

    async def _tidy(self, stop: asyncio.Event) -> None:
        kept = await self.tidy(lambda: not stop.is_set())
        if kept != Kept():
            _log.info("the archive is tidied", extra=dataclasses.asdict(kept))

    async def _mend(self, fault: ArchiveDamaged) -> None:
        """Rebuilds a damaged file when nothing of it is lost; else says what is, and leaves it to `nba archive repair`."""
        _log.error("the archive is damaged", extra={"file": fault.file, "what": fault.what})
        try:
            table = await asyncio.to_thread(self._fresh)
            done = await self._repair.file(table, fault.file, fault.what)
        except (NbaError, OSError) as error:
            _log.warning("the repair is tried again", extra={"error": str(error)})
            return
        facts = {"file": done.file, "kept": done.kept, "restored": done.restored, "lost": done.lost}
        if done.replaced_by:
            _log.warning("a damaged file of the archive is rebuilt whole", extra=facts)
        else:
            _log.error("a damaged file cannot be rebuilt whole: see nba archive repair", extra=facts)

    async def _pause(self, stop: asyncio.Event, seconds: float) -> None:
        """Waits, but never so long that a lease would run out meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, min(seconds, self._settings.lease_ms / 3000)))

    def _fresh(self) -> ArchiveTable:
        """The newest state of the table: last ids are read from it, and the commit stands or falls with it."""
        if self._table is None:
            self._table = ArchiveTable.open(self._location, create=True)
            assert self._table is not None
        else:
            self._table.refresh()
        return self._table

    async def _collect(self, table: ArchiveTable) -> Sequence[StreamRecord]:
        """The next batch, in bounded memory."""
        after = await asyncio.to_thread(table.last_ids, self._buckets)
        records: list[StreamRecord] = []
        size = 0
        while len(records) < self._settings.batch_rows and size < self._settings.batch_bytes:
            chunk = await self._store.journal.read(after, min(1_000, self._settings.batch_rows - len(records)))
            if not chunk:
                break
            records += chunk
            size += sum(len(record.payload) for record in chunk)
            after |= {record.bucket: record.stream_id for record in chunk}
        return records

    async def _passed(self, ends: Mapping[int, str]) -> bool:
        table = await asyncio.to_thread(self._fresh)
        last = table.last_ids(self._buckets)
        return all(bucket in last and order_of(last[bucket]) >= order_of(end) for bucket, end in ends.items())
