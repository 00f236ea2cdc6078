"""Why actions are removed, counted on a sample: a decision is made again with reasons, which the answer did not need."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from nba_server.application.express import Made, decision_of
from nba_server.application.pace import Pace
from nba_server.application.ports import CatalogProvider, ModelProvider
from nba_server.domain.catalog import Catalog
from nba_server.domain.decided import Funnel
from nba_server.domain.decision import Decision, decide
from nba_server.domain.propensity import Scorer
from nba_server.domain.reasons import ReasonCode
from nba_server.observability.metrics import Metrics

MOST = 16
"""Removed actions that are looked at in a sampled decision, each standing for as many others: all of a catalogue of thousands
would hold up those who wait for an answer, for seconds."""


class ReasonSampler:
    """Looks at the first and then at every `every`-th decision (0: at none), at the pace of pace.py. Changes nothing."""

    def __init__(
        self,
        catalogs: CatalogProvider,
        models: ModelProvider,
        metrics: Metrics,
        *,
        every: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catalogs = catalogs
        self._models = models
        self._metrics = metrics
        self._every = every
        self._pace = Pace(every, clock)
        self._seen = 0
        self._samples = 0

    def __call__(self, made: Made) -> None:
        """Counts the reasons when it is this decision's turn and what it was made with still serves."""
        self._seen += 1
        if not self._every or (self._seen - 1) % self._every or not self._pace.ready():
            return
        catalog, scorer = self._catalogs.live, self._models.live
        if scorer.version == made.model_version and (decision := decision_of(made)).catalog_hash == catalog.hash:
            self._look(decision, catalog, scorer)

    def due(self, decisions: int) -> bool:
        """Whether it is the turn of one of the next so many."""
        return self._every > 0 and -self._seen % self._every < decisions and self._pace.ready()

    def passed(self, decisions: int) -> None:
        """So many were made unseen."""
        self._seen += decisions

    def _look(self, decision: Decision, catalog: Catalog, scorer: Scorer) -> None:
        self._pace.looked()
        self._metrics.samples.inc()
        self._samples += 1
        chosen = [self._chosen(funnel) for funnel in decision.funnels]
        looked_at = frozenset(action for actions, _ in chosen for action in actions)
        again = decide([decision.input], catalog, scorer, trace=looked_at)[0]
        for funnel, (actions, share) in zip(again.funnels, chosen, strict=True):
            self._count(funnel, actions, share)

    def _chosen(self, funnel: Funnel) -> tuple[list[int], float]:
        """Some of the removed actions, others the next time, and for how many each of them stands."""
        removed = np.flatnonzero(funnel.stage)
        step = max(1, -(-len(removed) // MOST))
        actions = removed[self._samples % step :: step].tolist()
        return actions, len(removed) / max(1, len(actions))

    def _count(self, funnel: Funnel, actions: list[int], share: float) -> None:
        for action in actions:
            first = funnel.reasons[action][0]
            self._metrics.removal_reasons.labels(first.stage.name.lower(), first.code.value).inc(share)
            if first.code is ReasonCode.RULE_ERROR:
                self._metrics.rule_errors.labels(first.subject).inc(share)
