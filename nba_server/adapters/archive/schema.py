"""The archive's columns, and a journal record as a row.

Owns the mapping; it knows nothing of files or commits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter

import pyarrow as pa
from google.protobuf.message import DecodeError

from nba_server.adapters.redis.journal import StreamRecord
from nba_server.pb import journal_pb2

KINDS = (
    *("decision", "outcome", "contact", "customer", "purchase"),
    *("identity", "event", "matter", "attribution"),
)

SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string()),
        pa.field("bucket", pa.int32()),
        pa.field("stream_id", pa.string()),
        pa.field("at_ms", pa.int64()),
        pa.field("day", pa.string()),
        pa.field("decision_id", pa.string()),
        pa.field("customer_ref", pa.string()),
        pa.field("taken", pa.string()),
        pa.field("payload", pa.binary()),
    ]
)
"""`day` is the UTC day of `at_ms` and the partition; `decision_id` is null where an entry has none."""

FILE_SCHEMA = pa.schema([field for field in SCHEMA if field.name != "day"])
"""A data file's columns: Delta keeps the partition in the path."""


class Poison(Exception):
    """A journal entry that nobody can read; the text says why."""


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One entry as the archive keeps it."""

    kind: str
    bucket: int
    stream_id: str
    at_ms: int
    decision_id: str | None
    customer_ref: str
    taken: str
    payload: bytes


def row_of(record: StreamRecord) -> ArchiveRow:
    """The row of a journal record. Raises `Poison` when its payload is no entry of its kind."""
    try:
        entry = journal_pb2.JournalEntry.FromString(record.payload)
    except DecodeError as error:
        raise Poison(f"the payload is no journal entry: {error}") from error
    body = entry.WhichOneof("body")
    if body is None or body != record.kind:
        raise Poison(f"the stream says {record.kind!r}, the payload is {body or 'empty'!r}")
    part = getattr(entry, body)
    return ArchiveRow(
        kind=body,
        bucket=record.bucket,
        stream_id=record.stream_id,
        at_ms=record.at_ms,
        decision_id=getattr(part, "decision_id", "") or None,
        customer_ref=part.customer_ref,
        taken=write_taken(record.taken, record.substituted),
        payload=record.payload,
    )


def in_order(rows: Iterable[ArchiveRow]) -> list[ArchiveRow]:
    """Rows as a file has them: by bucket, those of a bucket as they happened."""
    return sorted(rows, key=lambda row: (row.bucket, order_of(row.stream_id)))


def file_table(rows: Sequence[ArchiveRow]) -> pa.Table:
    """The rows of one day as columns."""
    return pa.table(
        {field.name: pa.array(list(map(attrgetter(field.name), rows)), field.type) for field in FILE_SCHEMA},
        schema=FILE_SCHEMA,
    )


def day_of(at_ms: int) -> str:
    """The UTC day of a moment, `2026-01-31`."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).date().isoformat()


@lru_cache(maxsize=4096)
def write_taken(taken: tuple[int, ...], substituted: tuple[int, ...]) -> str:
    """Taken picks as the stream writes them: `0,s3` is pick 0 and, for a lost one, pick 3."""
    return ",".join(f"s{pick}" if pick in substituted else str(pick) for pick in taken)


def read_taken(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(taken, substituted) of the stream's form."""
    parts = [part for part in text.split(",") if part]
    return tuple(int(part.lstrip("s")) for part in parts), tuple(int(part[1:]) for part in parts if part[0] == "s")


def order_of(stream_id: str) -> int:
    """A stream id as one growing number, milliseconds << 20 | sequence: the version of a Delta app transaction."""
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds) << 20 | int(sequence or 0)


def stream_id_of(order: int) -> str:
    """The stream id of a number that `order_of` made."""
    return f"{order >> 20}-{order & 0xFFFFF}"
