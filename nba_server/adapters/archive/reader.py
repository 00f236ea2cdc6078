"""Reads the archive in bounded memory: one row group at a time, every page checked against its checksum.

One reader reads one version of the table; `refresh()` moves on. It never writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.entry import ArchivedEntry, entries_of
from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.past import Past
from nba_server.adapters.archive.schema import day_of
from nba_server.adapters.archive.table import ArchiveTable
from nba_server.adapters.archive.verification import batches_of, check_file, open_checked
from nba_server.adapters.decision_time import decision_time

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class FileFault:
    """A damaged file: its path inside the table, what is wrong, and how many rows it should have."""

    file: str
    what: str
    rows: int


class ArchiveReader:
    """The archive at `location` (folder or URI). An archive without a table is empty and has version -1."""

    def __init__(self, location: str | Path, *, version: int | None = None) -> None:
        self._location = location
        self._table = ArchiveTable.open(location, version=version)
        self._past = Past.of(self._table, ArchiveTable.open(location)) if self._table and version is not None else None

    @property
    def version(self) -> int:
        """The version of the table that is read; name it to read the same again."""
        return self._table.version if self._table else -1

    def refresh(self) -> None:
        """Moves on to the newest version."""
        self._past = None
        if self._table:
            self._table.refresh()
        else:
            self._table = ArchiveTable.open(self._location)

    def files(self) -> list[DataFile]:
        """The data files with the rows of this version, by day, those of a day in the order of their commits.

        An older version's small files may have been merged since, and have left the disk: then they are the merged ones, and
        only `batches` tells which of their rows are of this version.
        """
        if self._past is not None:
            return list(self._past.files)
        return self._table.data_files() if self._table else []

    def last_ids(self, buckets: Sequence[int]) -> dict[int, str]:
        """The last archived stream id of each bucket; buckets never archived are absent."""
        return self._table.last_ids(buckets) if self._table else {}

    def batches(
        self, kinds: Collection[str] | None = None, since_ms: int | None = None, until_ms: int | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows with `since_ms` <= at_ms < `until_ms`, at most a row group (2,048 rows) at a time.

        By day, within a day in the order of the commits, and within a file by bucket and stream id: the entries of one
        customer come in the order in which they happened. Raises `ArchiveDamaged` with the file's name.
        """
        low = since_ms if since_ms is not None else 0
        high = until_ms if until_ms is not None else 1 << 62
        for file in self.files():
            if file.last_ms < low or file.first_ms >= high:
                continue
            for batch in self._batches(file.path):
                rows = self._past.of_version(file, batch) if self._past is not None else batch
                if kinds is not None:
                    rows = rows.filter(pc.is_in(rows["kind"], pa.array(sorted(kinds), pa.string())))
                if file.first_ms < low or file.last_ms >= high:
                    at = rows["at_ms"]
                    rows = rows.filter(pc.and_(pc.greater_equal(at, low), pc.less(at, high)))
                if rows.num_rows:
                    yield rows

    def entries(
        self,
        kinds: Collection[str] | None = None,
        since_ms: int | None = None,
        until_ms: int | None = None,
        version: int | None = None,
    ) -> Iterator[ArchivedEntry]:
        """The entries of `batches()`, parsed; with `version` those of an older version of the table."""
        reader = self if version is None or version == self.version else ArchiveReader(self._location, version=version)
        for batch in reader.batches(kinds, since_ms, until_ms):
            yield from entries_of(batch)

    def find_decision(self, decision_id: str) -> ArchivedEntry | None:
        """A decision's entry, by the day in its id and the statistics of files and row groups; None when it is not here.

        Raises `InvalidArgument` for what is no decision id.
        """
        decided_ms = decision_time(decision_id)
        days = {day_of(decided_ms), day_of(decided_ms + _DAY_MS)}  # the commit may fall behind midnight
        for file in self.files():
            if file.day in days and file.first_decision <= decision_id <= file.last_decision:
                for entry in self._decisions(file.path, decision_id):
                    return entry
        return None

    def verify(self) -> list[FileFault]:
        """Reads every byte of every file and gives the damaged ones."""
        faults = []
        for file in self.files():
            try:
                if self._table:
                    check_file(self._table.files, file.path, file.rows)
            except ArchiveDamaged as fault:
                faults.append(FileFault(fault.file, fault.what, file.rows))
        return faults

    def _batches(self, path: str, groups: list[int] | None = None) -> Iterator[pa.RecordBatch]:
        assert self._table is not None
        return batches_of(self._table.files, path, groups=groups)

    def _decisions(self, path: str, decision_id: str) -> Iterator[ArchivedEntry]:
        for batch in self._batches(path, self._groups(path, decision_id)):
            hit = pc.and_(pc.equal(batch["decision_id"], decision_id), pc.equal(batch["kind"], "decision"))
            yield from entries_of(batch.filter(pc.fill_null(hit, False)))

    def _groups(self, path: str, decision_id: str) -> list[int]:
        """Row groups whose statistics allow the id."""
        assert self._table is not None
        with open_checked(self._table.files, path) as file:
            column = file.schema_arrow.names.index("decision_id")
            found = []
            for group in range(file.num_row_groups):
                bounds = file.metadata.row_group(group).column(column).statistics
                if bounds is None or not bounds.has_min_max or bounds.min <= decision_id <= bounds.max:
                    found.append(group)
            return found
