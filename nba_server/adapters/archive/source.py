"""What the archiver needs of the store, as protocols: the journal, the clock, leases.

`Store` of the store's room fits; of redis the archive knows nothing but the form of a stream's record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from nba_server.adapters.redis.journal import DeadLetter, StreamRecord


class Journal(Protocol):
    """The journal's streams, one a bucket."""

    async def read(self, after: Mapping[int, str], limit: int) -> Sequence[StreamRecord]:
        """Entries behind `after` (bucket -> stream id; absent: from the start), at most about `limit`, each bucket in order."""

    async def tails(self) -> Mapping[int, str]:
        """The last stream id of each bucket that has entries."""

    async def trim(self, bucket: int, stream_id: str) -> object:
        """Forgets a bucket's entries up to and with `stream_id`."""

    async def dead_letter(self, record: StreamRecord, reason: str) -> object:
        """Puts an entry that nobody can read aside, with the reason; a second time changes nothing."""

    async def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Entries put aside, at most `limit`."""

    async def length(self) -> int:
        """Entries in all streams."""

    async def size(self) -> int:
        """Bytes of memory that the streams take, roughly."""


class Followers(Protocol):
    """Others who read the journal, each at its own pace."""

    async def floors(self) -> Mapping[str, Mapping[int, str]]:
        """By name: the last entry of each bucket that it has done with; of a bucket that is not in it, none."""

    async def trim(self, bucket: int, stream_id: str) -> int:
        """Forgets a bucket's entries up to and with `stream_id`; how many there were."""

    async def skipped(self, name: str, entries: int) -> None:
        """Notes that entries were forgotten before that one came to them."""


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
