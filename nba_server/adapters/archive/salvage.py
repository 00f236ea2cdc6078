"""What can still be read of a damaged file: whole row groups, and of a damaged one the rows before its first bad page.

It trusts nothing but a footer and pages whose checksums fit; what is lost is told by id where the id is left, else by bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nba_server.adapters.archive.data_file import DataFile
from nba_server.adapters.archive.faults import ArchiveDamaged
from nba_server.adapters.archive.files import Files, footer_in_name
from nba_server.adapters.archive.footer import mend
from nba_server.adapters.archive.schema import ArchiveRow, Poison, read_taken, row_of
from nba_server.adapters.redis.journal import StreamRecord

_IDS = ("bucket", "stream_id", "at_ms")
_COLUMNS = (*_IDS, "kind", "decision_id", "taken", "payload")
_UNREADABLE = (ArchiveDamaged, OSError, pa.ArrowException)
_STEP = 64
"""Rows read at once: so many rows before a bad page may be lost with it."""


@dataclass(frozen=True, slots=True)
class LostEntry:
    """An entry that is gone, but of which it is known which one it was; `kind` and `decision_id` may be empty."""

    bucket: int
    stream_id: str
    at_ms: int
    kind: str
    decision_id: str


@dataclass(frozen=True, slots=True)
class LostRange:
    """Entries that are gone: how many at most, and the bounds of their buckets and times."""

    rows: int
    first_bucket: int
    last_bucket: int
    first_ms: int
    last_ms: int


@dataclass(slots=True)
class Salvage:
    """The rows that are left, and what is lost of the others."""

    rows: list[ArchiveRow] = field(default_factory=list)
    named: list[LostEntry] = field(default_factory=list)
    ranges: list[LostRange] = field(default_factory=list)


def salvage(files: Files, file: DataFile, buckets: int) -> Salvage:
    """Reads what is left of a file of the table; nothing when even its footer is gone."""
    found = Salvage()
    try:
        with _open(files, file.path) as parquet:
            for group in range(parquet.num_row_groups):
                _read_group(parquet, group, file, buckets, found)
    except _UNREADABLE:
        pass
    told = len(found.rows) + len(found.named) + sum(lost.rows for lost in found.ranges)
    if told < file.rows:
        found.ranges.append(LostRange(file.rows - told, 0, buckets - 1, file.first_ms, file.last_ms))
    return found


def _open(files: Files, path: str) -> pq.ParquetFile:
    """The file, a single changed bit in its footer put right. Raises `ArchiveDamaged` when the footer is beyond that."""
    with files.open(path) as file:
        content = file.read()
    wanted = footer_in_name(path)
    whole = mend(content, wanted) if wanted else None
    if whole is None:
        raise ArchiveDamaged(path, "it is torn, or its footer is damaged")
    return pq.ParquetFile(pa.BufferReader(whole), page_checksum_verification=True)


def _read_group(parquet: pq.ParquetFile, group: int, file: DataFile, buckets: int, found: Salvage) -> None:
    rows = parquet.metadata.row_group(group).num_rows
    columns = {name: _column(parquet, group, name) for name in _COLUMNS}
    known = min(len(columns[name]) for name in _IDS)
    for at in range(known):
        row = _row(columns, at)
        if row is not None:
            found.rows.append(row)
        else:
            found.named.append(_lost(columns, at))
    if known < rows:
        low, high = _bounds(parquet, group, "bucket", (0, buckets - 1))
        first, last = _bounds(parquet, group, "at_ms", (file.first_ms, file.last_ms))
        found.ranges.append(LostRange(rows - known, low, high, first, last))


def _column(parquet: pq.ParquetFile, group: int, name: str) -> list[Any]:
    """The values of a column up to its first bad page."""
    values: list[Any] = []
    try:
        for batch in parquet.iter_batches(_STEP, row_groups=[group], columns=[name], use_threads=False):
            values += batch.column(0).to_pylist()
    except _UNREADABLE:
        pass
    return values


def _row(columns: Mapping[str, Sequence[Any]], at: int) -> ArchiveRow | None:
    """The row, when all is there that cannot be made again from the payload; what was taken concerns decisions only."""
    payload = _value(columns, "payload", at)
    kind = _value(columns, "kind", at)
    taken = _value(columns, "taken", at)
    if payload is None or kind is None or (taken is None and kind == "decision"):
        return None
    bucket, stream_id, at_ms = (columns[name][at] for name in _IDS)
    try:
        return row_of(StreamRecord(bucket, stream_id, at_ms, kind, payload, *read_taken(taken or "")))
    except Poison:
        return None


def _lost(columns: Mapping[str, Sequence[Any]], at: int) -> LostEntry:
    bucket, stream_id, at_ms = (columns[name][at] for name in _IDS)
    kind, decision_id = _value(columns, "kind", at), _value(columns, "decision_id", at)
    return LostEntry(bucket, stream_id, at_ms, kind or "", decision_id or "")


def _value(columns: Mapping[str, Sequence[Any]], name: str, at: int) -> Any:
    values = columns[name]
    return values[at] if at < len(values) else None


def _bounds(parquet: pq.ParquetFile, group: int, name: str, otherwise: tuple[int, int]) -> tuple[int, int]:
    """Bounds of a column by the file's own statistics."""
    place = parquet.schema_arrow.names.index(name)
    statistics = parquet.metadata.row_group(group).column(place).statistics
    if statistics is None or not statistics.has_min_max:
        return otherwise
    return int(statistics.min), int(statistics.max)
