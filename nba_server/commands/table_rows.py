"""Rows of CSV, Parquet and JSON Lines files as plain mappings, one at a time, with their number in the file.

It knows nothing of what the columns mean; compressed files (`.gz`) are read as they are.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from nba_server.errors import NbaError

_PARQUET_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row and its number: the line of a text file, else the count of the row. Cells of a CSV file are texts.

    Objects inside a JSON line become dotted columns. `sparse`: a JSON line leaves out what it does not know.
    """

    number: int
    values: Mapping[str, Any]
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken, and why."""

    line: int
    error: str


class TableUnreadable(NbaError):
    """A file that is no table of a known format."""

    reason = "TABLE_UNREADABLE"


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """All rows, in order. Raises `TableUnreadable`, `OSError`; a bad row does not end the others."""
    match _format(path):
        case "csv":
            with _opened(path) as file:
                yield from _csv(file)
        case "parquet":
            yield from _parquet(path)
        case _:
            with _opened(path) as file:
                yield from _json_lines(file)


def is_table(path: Path) -> bool:
    """Whether it is CSV or Parquet: a file with columns."""
    return _format(path) != "jsonl"


def _format(path: Path) -> str:
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    last = endings[-1] if endings and endings[-1] != ".gz" else (endings[0] if len(endings) == 2 else "")
    return {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}.get(last, "jsonl")


def _opened(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv(file: IO[str]) -> Iterator[Row | BadRow]:
    reader = csv.reader(file, strict=True)
    try:
        header = next(reader, None)
        if not header:
            return
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise TableUnreadable(f"the header names `{twice[0]}` twice")
        for cells in reader:
            if len(cells) != len(header):
                if cells:
                    yield BadRow(reader.line_num, f"has {len(cells)} cells where the header has {len(header)}")
                continue
            yield Row(reader.line_num, dict(zip(header, cells, strict=True)))
    except (csv.Error, UnicodeDecodeError, gzip.BadGzipFile, EOFError) as fault:
        raise TableUnreadable(f"behind line {reader.line_num}: {fault}") from fault


def _json_lines(file: IO[str]) -> Iterator[Row | BadRow]:
    number = 0
    try:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as fault:
                yield BadRow(number, f"is no JSON: {fault}")
                continue
            if isinstance(record, dict):
                yield Row(number, _flat(record), sparse=True)
            else:
                yield BadRow(number, "is no JSON object; a line is one record, {...}")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as fault:
        raise TableUnreadable(f"behind line {number}: {fault}") from fault


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict) and set(value) != {"time"}:
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    return flat


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_PARQUET_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, record)
    except (pa.ArrowException, OSError) as fault:
        raise TableUnreadable(f"behind row {number}: {fault}") from fault
