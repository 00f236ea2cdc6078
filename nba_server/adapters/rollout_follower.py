"""The challenger in this process: loads it while its rollout runs, and counts how its shadow agrees with what is served.

Which model is live is the watcher's affair.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from nba_server.adapters.model_loader import ModelLoader
from nba_server.domain.propensity import Scorer
from nba_server.domain.rollout import Assignment, Rollout
from nba_server.errors import ModelInvalid

_LOG = logging.getLogger(__name__)


class Counters(Protocol):
    """Where the fleet adds up what each process saw."""

    async def count(self, name: str, figures: Mapping[str, int]) -> None:
        """Adds to the counters of a name."""


class RolloutFollower:
    """Keeps the challenger of the running rollout. `refused` says why one cannot serve, by version."""

    def __init__(self, loader: ModelLoader) -> None:
        self._loader = loader
        self._version = ""
        self._challenger: Scorer | None = None
        self.refused: dict[str, str] = {}

    async def assignment(self, live: Scorer, version: str, rollout: Rollout | None) -> Assignment:
        """Who scores for whom. `version` is the model that serves here; a rollout against another one counts for nothing."""
        running = rollout is not None and not rollout.ended and rollout.champion == version
        if rollout is None or not running:
            self._version, self._challenger, self.refused = "", None, {}
            return Assignment(live)
        if rollout.challenger != self._version:
            await self._load(rollout.challenger)
        return Assignment(live, self._challenger, rollout.share, rollout.challenger)

    async def _load(self, version: str) -> None:
        self._version, self._challenger, self.refused = version, None, {}
        try:
            self._challenger = await self._loader.serving(version)
        except ModelInvalid as fault:
            self.refused = {version: fault.message}
            _LOG.error("challenger refused, the live model serves", extra={"model": version, "why": fault.message})


class ShadowTally:
    """How often a challenger would have chosen the same, since the last flush."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def add(self, version: str, *, same: bool, micros: int) -> None:
        """One decision that was scored again; `micros`: what that took."""
        counts = self._counts.setdefault(version.partition("+")[0], Counter())
        counts.update(decisions=1, same=int(same), micros=micros)

    async def flush(self, counters: Counters) -> None:
        """Adds what there is to the fleet's counters."""
        waiting, self._counts = self._counts, {}
        for version, counts in waiting.items():
            await counters.count(f"shadow:{version}", counts)
