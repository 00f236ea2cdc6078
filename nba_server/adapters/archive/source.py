"""What the archive needs of the journal: the store's `JournalStream` and its records, as protocols.

So that tests can give a journal of their own, and the archive knows no redis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Record(Protocol):
    """One journal entry as the stream keeps it."""

    @property
    def bucket(self) -> int:
        """The bucket of the stream."""

    @property
    def stream_id(self) -> str:
        """`milliseconds-sequence`, growing within a bucket."""

    @property
    def at_ms(self) -> int:
        """The store's time of the entry."""

    @property
    def kind(self) -> str:
        """decision, outcome, contact, customer or purchase."""

    @property
    def payload(self) -> bytes:
        """`nba.v1.JournalEntry`."""

    @property
    def taken(self) -> tuple[int, ...]:
        """For decisions: the picks that the store took, substitutions too."""

    @property
    def substituted(self) -> tuple[int, ...]:
        """For decisions: those of `taken` that stand in for a lost pick."""


class Journal(Protocol):
    """The journal's streams, one a bucket."""

    async def read(self, after: Mapping[int, str], limit: int) -> Sequence[Record]:
        """Entries behind `after` (bucket -> stream id; absent: from the start), at most about `limit`, each bucket in order."""

    async def tails(self) -> Mapping[int, str]:
        """The last stream id of each bucket that has entries."""

    async def trim(self, bucket: int, stream_id: str) -> object:
        """Forgets a bucket's entries up to and with `stream_id`."""

    async def dead_letter(self, record: Record, reason: str) -> object:
        """Moves an entry that nobody can read out of the stream."""

    async def length(self) -> int:
        """Entries in all streams."""
