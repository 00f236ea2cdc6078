"""A circuit breaker: after silence or repeated failures nobody waits any more; a probe finds out when it is over.

Knows no commands: what the probe asks is handed in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nba_server.errors import StoreUnavailable
from nba_server.tasks import ended

FAILURES = 3
"""Lost connections in a row that open it; one silence does."""
PROBE_EVERY_S = 0.05

_log = logging.getLogger("nba.store")


class Breaker:
    """Closed: calls pass. Open: calls are refused at once, and `probe` alone asks (half open) until it is answered.

    `opened` counts the openings.
    """

    def __init__(self, name: str, probe: Callable[[], Awaitable[bool]]) -> None:
        self._name = name
        self._probe = probe
        self._failures = 0
        self._probes: set[asyncio.Task[None]] = set()
        self.is_open = False
        self.opened = 0

    def check(self) -> None:
        """Raises `StoreUnavailable` while it is open: nothing was sent, so nothing happened."""
        if self.is_open:
            raise StoreUnavailable("The store does not answer.", detail=f"the breaker of {self._name} is open")

    def answered(self) -> None:
        """The store has answered, in time or late: closes."""
        self._failures = 0
        if self.is_open:
            self.is_open = False
            _log.warning("the store answers again", extra={"server": self._name})

    def lost(self) -> None:
        """A connection failed; opens when it goes on so."""
        self._failures += 1
        if self._failures >= FAILURES:
            self.silent()

    def silent(self) -> None:
        """No answer in time: opens at once, since everybody else would wait as long."""
        if not self.is_open:
            self.is_open = True
            self.opened += 1
            probe = asyncio.create_task(self._ask(self.opened), name=f"probe-{self._name}")
            self._probes.add(probe)
            probe.add_done_callback(self._probes.discard)
            _log.warning("the store does not answer; calls are refused until it does", extra={"server": self._name})

    async def close(self) -> None:
        """Ends the probe."""
        for probe in tuple(self._probes):
            await ended(probe)

    async def _ask(self, opening: int) -> None:
        """Until it is answered, or another answer closed the breaker already."""
        while self.is_open and self.opened == opening:
            if await self._probe():
                self.answered()
                return
            await asyncio.sleep(PROBE_EVERY_S)
