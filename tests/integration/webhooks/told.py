"""Endpoints, a dispatcher and what it counts, as these tests use them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from nba_server.adapters.redis.store import Store
from nba_server.adapters.webhooks.dispatcher import Dispatcher
from nba_server.adapters.webhooks.endpoint import Endpoint, Start
from tests.integration.webhooks.receiver import Receiver
from tests.store.builders import until as until


class Counts:
    """What became of messages, by endpoint."""

    def __init__(self) -> None:
        self.delivered: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.dead: Counter[str] = Counter()
        self.lag_ms: dict[str, int] = {}

    def attempted(self, endpoint: str, *, delivered: bool) -> None:
        """One attempt."""
        (self.delivered if delivered else self.failed)[endpoint] += 1

    def given_up(self, endpoint: str) -> None:
        """One message became a dead letter."""
        self.dead[endpoint] += 1

    def behind(self, endpoint: str, lag_ms: int, waiting: int) -> None:
        """How far behind."""
        self.lag_ms[endpoint] = lag_ms


def endpoint(receiver: Receiver, name: str = "crm", **changes: object) -> Endpoint:
    """An endpoint that wants everything from the oldest entry on."""
    made = Endpoint(name, receiver.url, ("nba.*",), (receiver.secret,), start=Start.OLDEST)
    return replace(made, **changes)  # type: ignore[arg-type]


def dispatcher(store: Store, *endpoints: Endpoint, counts: Counts | None = None) -> Dispatcher:
    """A dispatcher of these endpoints."""
    return Dispatcher(store, Path("-"), counts or Counts(), load=lambda _: endpoints)


@asynccontextmanager
async def dispatching(store: Store, *endpoints: Endpoint) -> AsyncIterator[Counts]:
    """A dispatcher at work."""
    counts, stop = Counts(), asyncio.Event()
    task = asyncio.create_task(dispatcher(store, *endpoints, counts=counts).run(stop))
    try:
        yield counts
    finally:
        stop.set()
        await task
