"""The model that serves now, as the challenger's opponent: scored on the same rows, or the prior when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nba_models.canary import Canary
from nba_models.features import Floats
from nba_models.scorer import LoadedModel, inside, load
from nba_server.domain.propensity import PRIOR_VERSION
from nba_training.dataset import Dataset


class Artifacts(Protocol):
    """The store's artifacts, as far as the opponent needs them."""

    async def live(self) -> str:
        """The live version; empty when there is none."""

    async def get(self, version: str) -> dict[str, bytes] | None:
        """Its files."""


@dataclass(frozen=True, slots=True)
class Opponent:
    """What serves now. `damaged`: why the live artifact could not be loaded, in which case its place is taken by the prior."""

    version: str
    model: LoadedModel | None
    damaged: str = ""

    def propensity(self, dataset: Dataset) -> Floats:
        """Its propensity of each row."""
        return propensity(self.model, dataset)


def propensity(model: LoadedModel | None, dataset: Dataset) -> Floats:
    """A model's propensity of each row, smoothed as it is when it serves; without a model the prior."""
    if model is None:
        return inside(dataset.prior)
    return model.propensity(dataset.columns(model.layout), dataset.background)


async def opponent(artifacts: Artifacts) -> Opponent:
    """The live model, tried out in the canary first: a damaged file must not end the trainer."""
    version = await artifacts.live()
    files = await artifacts.get(version) if version else None
    if not version or files is None:
        return Opponent(PRIOR_VERSION, None, f"{version} is not in the store" if version else "")
    return await asyncio.to_thread(_loaded, version, files)


def _loaded(version: str, files: Mapping[str, bytes]) -> Opponent:
    with Canary() as canary:
        reason = canary.check(version, files)
    if reason:
        return Opponent(PRIOR_VERSION, None, reason)
    return Opponent(version, load(version, files))
