"""Tells the metrics, twice a second, what serves since when."""

from __future__ import annotations

import asyncio
from typing import Protocol

from nba_server.observability.metrics import Metrics
from nba_server.tasks import ended

INTERVAL_S = 0.5


class Followed(Protocol):
    """Something that is followed and swapped: the catalogue, the model."""

    @property
    def live_since_ms(self) -> int:
        """When it went live in this process, on this machine's clock."""

    @property
    def refused(self) -> str:
        """Why the newest change was refused; empty when it was not."""


class ServingStates:
    """Keeps the gauges of a serving process."""

    def __init__(self, metrics: Metrics, catalogs: Followed, models: Followed) -> None:
        self._metrics = metrics
        self._catalogs = catalogs
        self._models = models
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Tells once, then goes on by itself."""
        self._tell()
        self._task = asyncio.create_task(self._follow(), name="serving-states")

    async def stop(self) -> None:
        """Ends."""
        task, self._task = self._task, None
        await ended(task)

    def _tell(self) -> None:
        self._metrics.catalog_since.set(self._catalogs.live_since_ms / 1000)
        self._metrics.catalog_refused.set(1 if self._catalogs.refused else 0)
        self._metrics.model_since.set(self._models.live_since_ms / 1000)
        self._metrics.model_refused.set(1 if self._models.refused else 0)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            self._tell()
