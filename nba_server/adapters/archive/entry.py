"""An archived journal entry as readers get it.

Knows the entry's format and the archive's columns, nothing of files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from nba_server.adapters.archive.schema import read_taken
from nba_server.pb import journal_pb2


@dataclass(frozen=True, slots=True)
class ArchivedEntry:
    """One entry. `taken` are the picks that the store took, `substituted` those of them that stand in for a lost one."""

    kind: str
    bucket: int
    stream_id: str
    at_ms: int
    taken: tuple[int, ...]
    substituted: tuple[int, ...]
    payload: bytes
    entry: journal_pb2.JournalEntry


def entries_of(batch: pa.RecordBatch) -> Iterator[ArchivedEntry]:
    """The entries of a batch, in its order."""
    names = ("kind", "bucket", "stream_id", "at_ms", "taken", "payload")
    for kind, bucket, stream_id, at_ms, picks, payload in zip(
        *(batch[name].to_pylist() for name in names), strict=True
    ):
        taken, substituted = read_taken(picks)
        entry = journal_pb2.JournalEntry.FromString(payload)
        yield ArchivedEntry(kind, bucket, stream_id, at_ms, taken, substituted, payload, entry)
