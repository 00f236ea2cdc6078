"""What webhooks need of a store, as protocols. `Store` of the store's room fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from nba_server.adapters.archive.source import Clock, Leases
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.adapters.redis.webhooks import WebhookStore


class Journal(Protocol):
    """The journal's streams, one a bucket."""

    async def read(self, after: Mapping[int, str], limit: int) -> Sequence[StreamRecord]:
        """Entries behind `after`, at most about `limit`, each bucket in order."""


class Source(Protocol):
    """A store, as webhooks see it."""

    @property
    def journal(self) -> Journal:
        """The journal."""

    @property
    def webhooks(self) -> WebhookStore:
        """Cursors and dead letters."""

    @property
    def leases(self) -> Leases:
        """The leases."""

    @property
    def clock(self) -> Clock:
        """The store's clock."""
