"""What the archiver needs of the store, as protocols: the journal and its records, the clock, leases.

The archive knows no redis; `Store` of the store's room fits.
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


class Clock(Protocol):
    """The store's clock."""

    async def now(self) -> int:
        """Milliseconds since 1970 UTC."""


class Leases(Protocol):
    """Who may do something that only one should do."""

    async def acquire(self, name: str, ttl_ms: int, owner: str) -> int | None:
        """A fence number, or None while another holds it."""

    async def renew(self, name: str, fence: int, ttl_ms: int) -> bool:
        """False when it was lost."""

    async def release(self, name: str, fence: int) -> object:
        """Gives it back."""


class Info(Protocol):
    """What kind of store it is."""

    @property
    def buckets(self) -> int:
        """How many buckets it has."""


class Source(Protocol):
    """A store, as the archiver sees it."""

    @property
    def journal(self) -> Journal:
        """The journal."""

    @property
    def clock(self) -> Clock:
        """The clock that keep times are measured on."""

    @property
    def leases(self) -> Leases:
        """The leases."""

    @property
    def info(self) -> Info:
        """The store's marks."""
