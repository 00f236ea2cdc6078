"""Looks after files that are over: small neighbours become one, old days go, what belongs to nothing is deleted.

It touches only what the journal has forgotten, so a file that can still be rebuilt from the journal stays as it was written.
Run by the archiver under its lease; a second one that runs beside it fails at the commit and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa

from nba_server.adapters.archive.data_file import DataFile, write_file
from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.schema import FILE_SCHEMA, day_of
from nba_server.adapters.archive.settings import DAY_MS, ArchiverSettings, UpkeepSettings
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.verification import batches_of, check_file


@dataclass(frozen=True, slots=True)
class Kept:
    """What one run did: files merged into larger ones, files of removed days, files deleted from the disk."""

    merged: int = 0
    removed: int = 0
    swept: int = 0


class Upkeep:
    """The upkeep of one archive."""

    def __init__(self, settings: ArchiverSettings) -> None:
        self._settings = settings
        self._checked = ""

    async def run(
        self, table: ArchiveTable, through: int, now_ms: int, wanted: Callable[[], bool] = lambda: True
    ) -> Kept:
        """One run; `through` is the last commit that the journal has forgotten, `now_ms` the store's time. It leaves off
        between two groups of files once it is not `wanted` any more.

        Raises `ArchiveDamaged` at a damaged file (it and its neighbours stay as they are), `ArchiveStale`,
        `ArchiveUnavailable`.
        """
        return await asyncio.to_thread(self._run, table, through, now_ms, wanted)

    def _run(self, table: ArchiveTable, through: int, now_ms: int, wanted: Callable[[], bool]) -> Kept:
        removed = self._remove_days(table, through, now_ms)
        swept = table.sweep(self._settings.upkeep.sweep_hours)
        merged, damage = 0, None
        for group in self._groups(table, through, day_of(now_ms)):
            if not wanted():
                return Kept(merged, removed, swept)
            try:
                merged += self._merge(table, group)
            except ArchiveDamaged as fault:
                damage = fault
        self._scrub(table)
        if damage is not None:
            raise damage
        return Kept(merged, removed, swept)

    def _remove_days(self, table: ArchiveTable, through: int, now_ms: int) -> int:
        """Takes out whole days that are older than the retention, in one commit."""
        if not self._settings.retention_days:
            return 0
        first = day_of(max(0, now_ms - self._settings.retention_days * DAY_MS))
        old = [file for file in table.data_files() if file.day < first and file.commit <= through]
        if old:
            table.replace(old, [])
        return len(old)

    def _groups(self, table: ArchiveTable, through: int, today: str) -> Iterator[list[DataFile]]:
        """Neighbours of one day that are worth merging."""
        over = [file for file in table.data_files() if file.day < today and file.commit <= through]
        for _, day in groupby(over, key=lambda file: file.day):
            for group in _neighbours(list(day), self._settings.upkeep):
                if len(group) >= self._settings.upkeep.merge_files:
                    yield group

    def _merge(self, table: ArchiveTable, group: Sequence[DataFile]) -> int:
        """Writes the rows of a group once more as one file, which takes the place of all in one commit."""
        for file in group:
            check_file(table.files, file.path, file.rows)
        batches = [batch for file in group for batch in batches_of(table.files, file.path)]
        rows = pa.Table.from_batches(batches, FILE_SCHEMA).combine_chunks()
        # the files come in the order of their commits, so a stable sort keeps the entries of a bucket as they happened
        rows = rows.take(np.argsort(rows["bucket"].to_numpy(), kind="stable"))
        action = write_file(table.files, group[0].day, group[-1].commit, rows, changes=False)
        table.replace(group, [action], changes=False)
        return len(group)

    def _scrub(self, table: ArchiveTable) -> None:
        """Reads the next files again, some at each run, the oldest after the newest."""
        files = sorted(table.data_files(), key=lambda file: file.path)
        later = [file for file in files if file.path > self._checked] or files
        left = self._settings.upkeep.scrub_bytes
        for file in later:
            if left <= 0:
                return
            self._checked = file.path
            check_file(table.files, file.path, file.rows)
            left -= file.size


def _neighbours(files: Sequence[DataFile], settings: UpkeepSettings) -> Iterator[list[DataFile]]:
    """Runs of files that together are small enough for one."""
    group: list[DataFile] = []
    for file in files:
        together = [*group, file]
        fits = sum(f.size for f in together) <= settings.merge_bytes
        if fits and sum(f.rows for f in together) <= settings.merge_rows:
            group = together
        else:
            yield group
            group = [file]
    yield group
