"""Tells the metrics, twice a second, what serves since when."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
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


class FollowedModel(Followed, Protocol):
    """The model, with what its training found."""

    @property
    def figures(self) -> Mapping[str, float]:
        """Figures of the live model's manifest, by name; empty for the priors."""


class ServingStates:
    """Keeps the gauges of a serving process."""

    def __init__(self, metrics: Metrics, catalogs: Followed, models: FollowedModel) -> None:
        self._metrics = metrics
        self._catalogs = catalogs
        self._models = models
        self._told_ms = -1
        self._figures: dict[str, float] = {}
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
        if self._models.live_since_ms != self._told_ms:
            self._told_ms = self._models.live_since_ms
            # Without a value where the model before had one: of several workers' labels none can be taken away.
            self._figures = dict.fromkeys(self._figures, math.nan) | dict(self._models.figures)
            for name, value in self._figures.items():
                self._metrics.model_figures.labels(name).set(value)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL_S)
            self._tell()
