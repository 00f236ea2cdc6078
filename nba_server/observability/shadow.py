"""Shadow scoring on live traffic: some decisions are made again by the challenger, off the answer's path, and compared."""

from __future__ import annotations

import time
from typing import Protocol

from nba_server.application.express import Made, decision_of
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

    def __call__(self, made: Made) -> None:
        """Compares the first choices: with the decision's own seed, so that chance is no difference."""
        now = self._models.assignment
        if now.challenger is None or not self._every or made.model_version != now.champion.version:
            return
        self._seen += 1
        if (self._seen - 1) % self._every == 0 and not self._compared_by_lane(made, now.challenger):
            self._compare(decision_of(made), self._catalogs.live, now.challenger)

    def due(self, decisions: int) -> bool:
        """Whether it is the turn of one of the next so many; never without a challenger."""
        return (
            self._models.assignment.challenger is not None and self._every > 0 and -self._seen % self._every < decisions
        )

    def passed(self, decisions: int) -> None:
        """So many were made unseen."""
        if self._models.assignment.challenger is not None:
            self._seen += decisions

    def _compared_by_lane(self, made: Made, challenger: Scorer) -> bool:
        """Whether the lane made it and could make it for the challenger too, at a tenth of the ordinary path's price."""
        if isinstance(made, Decision) or not made.taken.actions:
            return False
        started = time.perf_counter()
        again = made.by(challenger)
        if again is None:
            return False
        self._tell(challenger, started, same=again.actions[0] == made.taken.actions[0])
        return True

    def _compare(self, decision: Decision, catalog: Catalog, challenger: Scorer) -> None:
        if catalog.hash != decision.catalog_hash or not decision.candidates:
            return
        started = time.perf_counter()
        again = decide([decision.input], catalog, challenger)[0]
        self._tell(challenger, started, same=_firsts(again) == _firsts(decision))

    def _tell(self, challenger: Scorer, started: float, *, same: bool) -> None:
        micros = round((time.perf_counter() - started) * 1e6)
        self._tally.add(challenger.version, same=same, micros=micros)
        self._metrics.shadow_decisions.labels("same" if same else "other").inc()


def _firsts(decision: Decision) -> dict[str, int]:
    """The action of the first position of each placement."""
    chosen = (decision.candidates[pick.candidate] for pick in decision.picks if pick.position == 1)
    return {found.placement: found.action for found in chosen}
