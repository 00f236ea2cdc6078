"""The archive's Delta table: one commit a batch, exactly once by the journal's last stream id of each bucket.

Owns opening, committing and listing files; reading rows is reader.py, moving them is archiver.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from nba_server.adapters.archive.faults import ArchiveStale, ArchiveUnavailable
from nba_server.adapters.archive.files import Files, commit_of, files_of, name_of
from nba_server.adapters.archive.schema import SCHEMA, ArchiveRow, day_of, file_table, order_of, stream_id_of
from nba_server.adapters.archive.verification import check_written

TABLE = "journal"
ROW_GROUP = 2_048
_CONFIGURATION = {"delta.logRetentionDuration": "interval 3650 days", "delta.checkpointInterval": "100"}
_TRIMMED = "trimmed"
_STATISTICS = ("bucket", "at_ms", "decision_id")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One data file of a table version.

    `size` in bytes, `written_ms` by the archiver's own clock; the bounds are of `at_ms` and of `decision_id` (empty when no
    entry has one).
    """

    path: str
    day: str
    commit: int
    rows: int
    size: int
    written_ms: int
    first_ms: int
    last_ms: int
    first_decision: str
    last_decision: str


class ArchiveTable:
    """One loaded state of the table. `refresh()` moves on to the newest; a commit needs the state that was read from."""

    def __init__(self, delta: DeltaTable, files: Files) -> None:
        self._delta = delta
        self.files = files
        self._last: tuple[int, tuple[int, ...], dict[int, str]] = (-1, (), {})

    @classmethod
    def open(cls, location: str | Path, *, create: bool = False, version: int | None = None) -> ArchiveTable | None:
        """The table `journal` of an archive (folder or URI); None when there is none yet and `create` is not set.

        Raises `ArchiveUnavailable` when the place cannot be used, or has no such version.
        """
        place = table_place(location)
        with _reachable(place):
            try:
                return cls(DeltaTable(place, version=version), files_of(place))
            except TableNotFoundError:
                if not create:
                    return None
            with suppress(CommitFailedError):  # somebody else was faster
                DeltaTable.create(
                    place, schema=SCHEMA, mode="ignore", partition_by=["day"], name=TABLE, configuration=_CONFIGURATION
                )
            return cls(DeltaTable(place), files_of(place))

    @property
    def version(self) -> int:
        """The version of this state."""
        return int(self._delta.version())

    @property
    def trimmed(self) -> int:
        """The last commit whose entries the journal has forgotten, as far as noted."""
        return int(self._delta.transaction_version(_TRIMMED) or 0)

    def refresh(self) -> None:
        """Moves on to the newest version."""
        with _reachable(self._delta.table_uri):
            self._delta.update_incremental()

    def last_ids(self, buckets: Sequence[int]) -> dict[int, str]:
        """The last archived stream id of each bucket; buckets never archived are absent."""
        version, asked, last = self._last
        if version != self.version or asked != tuple(buckets):  # a millisecond a bucket: too slow for every pass
            orders = {bucket: self._delta.transaction_version(_app(bucket)) for bucket in buckets}
            last = {bucket: stream_id_of(order) for bucket, order in orders.items() if order is not None}
            self._last = (self.version, tuple(buckets), last)
        return dict(last)

    def write(self, rows: Sequence[ArchiveRow]) -> list[AddAction]:
        """Writes rows as one synced, read back and verified file a day. They belong to no version before `commit`."""
        days = sorted(rows, key=lambda row: day_of(row.at_ms))
        return [self._write_day(day, list(group)) for day, group in groupby(days, key=lambda row: day_of(row.at_ms))]

    def commit(self, actions: Sequence[AddAction], last: Mapping[int, str], *, trimmed: int = 0) -> int:
        """Adds written files and the last stream id of their buckets in one step, and gives the new version.

        `trimmed` notes that the journal no longer has what commits up to that number hold (0: no note).
        Raises `ArchiveStale` when a bucket was archived by another since this state was loaded: nothing has happened then.
        """
        transactions = [Transaction(app_id=_app(bucket), version=order_of(id_)) for bucket, id_ in last.items()]
        if trimmed > self.trimmed:
            transactions.append(Transaction(app_id=_TRIMMED, version=trimmed))
        try:
            self._delta.create_write_transaction(
                actions=list(actions),
                mode="append",
                schema=SCHEMA,
                partition_by=["day"],
                commit_properties=CommitProperties(app_transactions=transactions),
            )
        except CommitFailedError as error:
            raise ArchiveStale("another archiver was faster", detail=str(error)) from error
        except (DeltaError, OSError) as error:  # whether it happened is known after a refresh
            raise ArchiveUnavailable(f"the archive cannot be written: {error}") from error
        before, (known, asked, kept) = self.version, self._last
        self.refresh()
        for version in range(before + 1, self.version + 1):
            self.files.sync_log(version)
        if known == before and self.version == before + 1:  # nobody else came between: what is known moves on with us
            self._last = (self.version, asked, kept | dict(last))
        return self.version

    def data_files(self) -> list[DataFile]:
        """All files of this version, in the order of their commits."""
        adds = pa.table(self._delta.get_add_actions(flatten=True)).to_pylist()
        return sorted((_data_file(add) for add in adds), key=lambda file: (file.commit, file.day, file.path))

    def _write_day(self, day: str, rows: list[ArchiveRow]) -> AddAction:
        rows.sort(key=lambda row: (row.bucket, order_of(row.stream_id)))
        table = file_table(rows)
        sink = pa.BufferOutputStream()
        pq.write_table(
            table,
            sink,
            compression="zstd",
            row_group_size=ROW_GROUP,
            write_page_checksum=True,
            use_dictionary=["kind", "bucket"],
            write_statistics=list(_STATISTICS),
        )
        content = sink.getvalue().to_pybytes()
        path = name_of(day, self.version + 1, content)
        self.files.write(path, content)
        check_written(self.files, path, table)
        return AddAction(path, len(content), {"day": day}, time.time_ns() // 1_000_000, True, _statistics(rows))


def table_place(location: str | Path) -> str:
    """Where an archive's table is."""
    return f"{str(location).rstrip('/')}/{TABLE}"


@contextmanager
def _reachable(place: str) -> Iterator[None]:
    try:
        yield
    except (DeltaError, OSError) as error:
        raise ArchiveUnavailable(f"the archive {place} cannot be used: {error}") from error


def _app(bucket: int) -> str:
    return f"bucket-{bucket:03x}"


def _statistics(rows: Sequence[ArchiveRow]) -> str:
    """Delta's file statistics, by which readers skip files."""
    low: dict[str, object] = {}
    high: dict[str, object] = {}
    for column in _STATISTICS:
        values = [value for row in rows if (value := getattr(row, column)) is not None]
        if values:
            low[column], high[column] = min(values), max(values)
    nulls = {"decision_id": sum(row.decision_id is None for row in rows), "bucket": 0, "at_ms": 0}
    return json.dumps({"numRecords": len(rows), "minValues": low, "maxValues": high, "nullCount": nulls})


def _data_file(add: Mapping[str, object]) -> DataFile:
    def number(name: str) -> int:
        value = add.get(name)
        return value if isinstance(value, int) else 0

    return DataFile(
        path=str(add["path"]),
        day=str(add["partition.day"]),
        commit=commit_of(str(add["path"])),
        rows=number("num_records"),
        size=number("size_bytes"),
        written_ms=number("modification_time"),
        first_ms=number("min.at_ms"),
        last_ms=number("max.at_ms"),
        first_decision=str(add.get("min.decision_id") or ""),
        last_decision=str(add.get("max.decision_id") or ""),
    )
