"""The list that a batch gives: CSV, JSON Lines or Parquet by the file's ending, written whole or not at all.

Contents have a column each in tables (`content.headline`) and stay an object in JSON Lines.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import IO, Any

from nba_server.batch.progress import OFFER, Progress
from nba_server.errors import InvalidArgument, Violation

COLUMNS = (
    "customer_id",
    "decision_id",
    "placement",
    "rank",
    "action",
    "treatment",
    "title",
    "planned_at",
    "reserved_until",
)
ENDINGS = (".csv", ".jsonl", ".parquet")
_ROWS = 10_000


def check_ending(file: Path) -> None:
    """Raises `InvalidArgument` for a format that nobody writes."""
    if file.suffix.lower() not in ENDINGS:
        raise InvalidArgument([Violation("--out", f"{file.name} must end in {', '.join(ENDINGS)}")])


def write_list(file: Path, progress: Progress, planned_at: str) -> int:
    """Writes all offers in the customers' turn; the number of rows. An older file is replaced in one step."""
    contents = sorted({key for row in _rows(progress, planned_at) for key in row["content"]})
    part = file.with_name(f".{file.name}.part")
    write = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}[file.suffix.lower()]
    try:
        number = write(part, _rows(progress, planned_at), contents)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return number


def _rows(progress: Progress, planned_at: str) -> Iterator[dict[str, Any]]:
    for customer_id, offers in progress.answers(OFFER):
        for offer in offers:
            yield {"customer_id": customer_id, "planned_at": planned_at, **offer}


def _flat(row: Mapping[str, Any], contents: Iterable[str]) -> dict[str, Any]:
    named = {name: row[name] for name in COLUMNS}
    return named | {f"content.{key}": row["content"].get(key, "") for key in contents}


def _csv(file: Path, rows: Iterator[dict[str, Any]], contents: list[str]) -> int:
    number = 0
    with file.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, [*COLUMNS, *(f"content.{key}" for key in contents)], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(_flat(row, contents))
            number += 1
    return number


def _json_lines(file: Path, rows: Iterator[dict[str, Any]], contents: list[str]) -> int:
    number = 0
    with file.open("w", encoding="utf-8") as sink:
        for row in rows:
            number += 1
            _line(sink, {name: row[name] for name in COLUMNS} | {"content": row["content"]})
    return number


def _line(sink: IO[str], document: Mapping[str, Any]) -> None:
    sink.write(json.dumps(document, ensure_ascii=False) + "\n")


def _parquet(file: Path, rows: Iterator[dict[str, Any]], contents: list[str]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [*COLUMNS, *(f"content.{key}" for key in contents)]
    schema = pa.schema([pa.field(name, pa.int32() if name == "rank" else pa.string()) for name in names])
    number = 0
    with pq.ParquetWriter(file, schema) as writer:
        while part := [_flat(row, contents) for row in islice(rows, _ROWS)]:
            writer.write_table(pa.Table.from_pylist(part, schema))
            number += len(part)
    return number
