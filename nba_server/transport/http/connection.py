"""A connection whose requests must arrive in time: whoever dawdles over the head of one holds a place for nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""From the opening of a connection, or the first byte of a further request, until its headers are there."""


class Connection(H11Protocol):
    """uvicorn's protocol with that bound; the wait between requests is uvicorn's own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to count."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_S, transport.close)

    def data_received(self, data: bytes) -> None:
        """Stops counting with a whole head, starts with a part of the next."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._arrived()
        elif self._head is None and not self.transport.is_closing():
            self._head = self.loop.call_later(HEAD_S, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts no more."""
        self._arrived()
        super().connection_lost(exc)

    def _arrived(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None
