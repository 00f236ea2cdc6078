"""The replay clock, driven from outside of the server: the demo and tests attach to the replay store for this alone."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

from nba_server.adapters.redis.store import Store
from nba_server.errors import StoreUnavailable

SETTLE_S = 60.0


class ReplayClock:
    """A synchronous handle on a replay store's clock."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._store: Store | None = None

    def __enter__(self) -> ReplayClock:
        self._store = self._loop.run_until_complete(Store.open(self._url, kind="replay"))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._store is not None:
            self._loop.run_until_complete(self._store.close())
        self._loop.close()

    def advance(self, to_ms: int) -> None:
        """Moves the store's time forward, never back, and waits until the timers have handled what fell due by then."""
        self._loop.run_until_complete(self._advance(to_ms))

    def start_ticking(self) -> None:
        """From now on the clock runs at the speed of real time."""
        assert self._store is not None
        clock = self._store.clock

        async def tick() -> None:
            await clock.advance(await clock.now() + 1_000, ticking=True)  # a second ahead, as it may tick already

        self._loop.run_until_complete(tick())

    async def _advance(self, to_ms: int) -> None:
        assert self._store is not None, "use it as a context manager"
        if to_ms > await self._store.clock.now():
            await self._store.clock.advance(to_ms)
        deadline = time.monotonic() + SETTLE_S
        while await self._store.timers.due(1):
            if time.monotonic() > deadline:
                raise StoreUnavailable("The timers do not keep up: is the server's background process running?")
            await asyncio.sleep(0.01)
