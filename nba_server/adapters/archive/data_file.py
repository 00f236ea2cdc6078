"""A data file of the table: written with a checksum a page and statistics, read back, and as the table's log lists it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from nba_server.adapters.archive.files import Files, commit_of, name_of
from nba_server.adapters.archive.verification import check_written

ROW_GROUP = 2_048
_STATISTICS = ("bucket", "at_ms", "decision_id")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One data file of a table version.

    `commit` is the last one of those whose rows it has. `size` in bytes, `written_ms` by the archiver's own clock; the
    bounds are of `at_ms` and of `decision_id` (empty when no entry has one).
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


def write_file(files: Files, day: str, commit: int, table: pa.Table, *, changes: bool = True) -> AddAction:
    """Writes a file whole, synced, read back and compared with its rows. It belongs to no version yet.

    `changes` is False for rows that the table has already.
    """
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
    path = name_of(day, commit, content)
    files.write(path, content)
    check_written(files, path, table)
    return AddAction(path, len(content), {"day": day}, time.time_ns() // 1_000_000, changes, _statistics(table))


def removal(file: DataFile, *, changes: bool = True) -> RemoveAction:
    """The action that takes a file out of the table; the file itself stays until it is swept."""
    return RemoveAction(
        file.path, changes, time.time_ns() // 1_000_000, size=file.size, partition_values={"day": file.day}
    )


def data_file(add: Mapping[str, object]) -> DataFile:
    """A file as the table lists it."""

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


def _statistics(table: pa.Table) -> str:
    """Delta's file statistics, by which readers skip files."""
    low: dict[str, object] = {}
    high: dict[str, object] = {}
    for column in _STATISTICS:
        bounds = pc.min_max(table[column]).as_py()
        if bounds["min"] is not None:
            low[column], high[column] = bounds["min"], bounds["max"]
    nulls = {column: table[column].null_count for column in _STATISTICS}
    return json.dumps({"numRecords": table.num_rows, "minValues": low, "maxValues": high, "nullCount": nulls})
