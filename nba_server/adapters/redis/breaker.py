"""A circuit breaker: after silence or repeated failures nobody waits any more; a probe finds out when it is over.

Knows no commands: what the probe asks is handed in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from nba_server.errors import StoreUnavailable

FAILURES = 3
"""Lost connections in a row that open it; one silence does."""
PROBE_EVERY_S = 0.05

_log = logging.getLogger("nba.store")


class Breaker:
    """Closed: calls pass. Open: calls are refused at once, and `probe` alone asks (half open) until it is answered."""

    def __init__(self, name: str, probe: Callable[[], Awaitable[bool]]) -> None:
        self._name = name
        self._probe = probe
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self.opened = 0

    @property
    def is_open(self) -> bool:
        """Whether calls are refused."""
        return self._task is not None

    def check(self) -> None:
        """Raises `StoreUnavailable` while it is open: nothing was sent, so nothing happened."""
        if self.is_open:
            raise StoreUnavailable("The store does not answer.", detail=f"the breaker of {self._name} is open")

    def answered(self) -> None:
        """The store has answered, in time or late: closes."""
        self._failures = 0
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            _log.warning("the store answers again", extra={"server": self._name})

    def lost(self) -> None:
        """A connection failed; opens when it goes on so."""
        self._failures += 1
        if self._failures >= FAILURES:
            self.silent()

    def silent(self) -> None:
        """No answer in time: opens at once, since everybody else would wait as long."""
        if self._task is None:
            self.opened += 1
            self._task = asyncio.create_task(self._ask(), name=f"probe-{self._name}")
            _log.warning("the store does not answer; calls are refused until it does", extra={"server": self._name})

    async def close(self) -> None:
        """Ends the probe."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _ask(self) -> None:
        while True:
            if await self._probe():
                break
            await asyncio.sleep(PROBE_EVERY_S)
        self._task, task = None, self._task
        self._failures = 0
        if task is not None:
            _log.warning("the store answers again", extra={"server": self._name})
