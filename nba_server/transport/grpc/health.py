"""Keeps the health service honest: a service is SERVING while its parts are there.

All services need the store; those that check names against the catalogue need a live catalogue too. `nba.store.Replicas` tells
whether the store could fail over now.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nba_server.errors import NbaError
from nba_server.tasks import ended
from nba_server.transport.carrier import Carrier

INTERVAL_S = 0.5
TIMEOUT_S = 1.0
REPLICAS = "nba.store.Replicas"
WITHOUT_CATALOGUE = frozenset({"nba.v1.CatalogService", "nba.v1.ModelService"})

_log = logging.getLogger("nba.health")


class HealthReporter:
    """Asks the parts twice a second. `ask_store` answers or raises; `has_catalogue` tells whether one is live.

    `in_sync` tells whether every server of the store has its replicas on line; with `strict` nothing is served without them.
    """

    def __init__(
        self,
        server: Carrier,
        ask_store: Callable[[], Awaitable[object]],
        has_catalogue: Callable[[], bool],
        in_sync: Callable[[], Awaitable[bool]],
        *,
        strict: bool = False,
    ) -> None:
        self._server = server
        self._in_sync = in_sync
        self._strict = strict
        self._ask_store = ask_store
        self._has_catalogue = has_catalogue
        self._task: asyncio.Task[None] | None = None
        self._known: tuple[bool, bool, bool] | None = None

    async def start(self) -> None:
        """Reports once, then goes on by itself."""
        await self.report()
        self._task = asyncio.create_task(self._follow(), name="health")

    async def stop(self) -> None:
        """Leaves what was said last."""
        task, self._task = self._task, None
        await ended(task)

    async def report(self) -> None:
        """Asks and says what has changed."""
        store, catalogue = await self._answers(self._ask_store), self._has_catalogue()
        replicas = store and await self._answers(self._in_sync)
        if (store, catalogue, replicas) == self._known:
            return
        if self._known is not None or not (store and catalogue and replicas):
            _log.warning("health changed", extra={"store": store, "catalogue": catalogue, "replicas": replicas})
        self._known = (store, catalogue, replicas)
        await self._server.report(REPLICAS, serving=replicas)
        store = store and (replicas or not self._strict)
        for service in self._server.services:
            await self._server.report(service, serving=store and (catalogue or service in WITHOUT_CATALOGUE))
        await self._server.report("", serving=store and catalogue)

    async def _answers(self, ask: Callable[[], Awaitable[object]]) -> bool:
        """False where it fails, says False, or says nothing in time."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await ask() is not False
        except (NbaError, TimeoutError):
            return False

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            await self.report()
