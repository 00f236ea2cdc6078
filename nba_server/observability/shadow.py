"""Shadow scoring on live traffic: some decisions are made again by the challenger, off the answer's path, and compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from nba_server.application.ports import CatalogProvider, ModelProvider
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, decide
from nba_server.domain.propensity import Scorer
from nba_server.observability.metrics import Metrics


class Tally(Protocol):
    """Where comparisons are counted for the fleet."""

    def add(self, version: str, *, same: bool, micros: int) -> None:
        """One decision that was scored again."""


class ShadowScoring:
    """Looks at every `every`-th decision of the live model (0: at none) while there is a challenger. Changes nothing."""

    def __init__(
        self, catalogs: CatalogProvider, models: ModelProvider, tally: Tally, metrics: Metrics, *, every: int
    ) -> None:
        self._catalogs = catalogs
        self._models = models
        self._tally = tally
        self._metrics = metrics
        self._every = every
        self._seen = 0

    def __call__(self, model_version: str, decision: Callable[[], Decision]) -> None:
        """Compares the first choices: with the decision's own seed, so that chance is no difference."""
        now = self._models.assignment
        if now.challenger is None or not self._every or model_version != now.champion.version:
            return
        self._seen += 1
        if (self._seen - 1) % self._every == 0:
            self._compare(decision(), self._catalogs.live, now.challenger)

    def _compare(self, decision: Decision, catalog: Catalog, challenger: Scorer) -> None:
        if catalog.hash != decision.catalog_hash or not decision.candidates:
            return
        started = time.perf_counter()
        again = decide([decision.input], catalog, challenger)[0]
        micros = round((time.perf_counter() - started) * 1e6)
        same = _firsts(again) == _firsts(decision)
        self._tally.add(challenger.version, same=same, micros=micros)
        self._metrics.shadow_decisions.labels("same" if same else "other").inc()


def _firsts(decision: Decision) -> dict[str, int]:
    """The action of the first position of each placement."""
    chosen = (decision.candidates[pick.candidate] for pick in decision.picks if pick.position == 1)
    return {found.placement: found.action for found in chosen}
