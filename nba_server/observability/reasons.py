"""Why actions are removed, counted on a sample: a decision is made again with its reasons, which the answer did not need."""

from __future__ import annotations

from nba_server.application.ports import CatalogProvider, ModelProvider
from nba_server.domain.decision import Decision, decide
from nba_server.domain.reasons import ReasonCode
from nba_server.observability.metrics import Metrics


class ReasonSampler:
    """Looks at the first and then at every `every`-th decision (0: at none). Changes nothing."""

    def __init__(self, catalogs: CatalogProvider, models: ModelProvider, metrics: Metrics, *, every: int) -> None:
        self._catalogs = catalogs
        self._models = models
        self._metrics = metrics
        self._every = every
        self._seen = 0

    def __call__(self, decision: Decision) -> None:
        """Counts the reasons when it is this decision's turn and what it was made with still serves."""
        self._seen += 1
        catalog, scorer = self._catalogs.live, self._models.live
        due = self._every and (self._seen - 1) % self._every == 0
        if not due or catalog.hash != decision.catalog_hash or scorer.version != decision.model_version:
            return
        self._metrics.samples.inc()
        for funnel in decide([decision.input], catalog, scorer, trace=True)[0].funnels:
            for reasons in funnel.reasons.values():
                first = reasons[0]
                self._metrics.removal_reasons.labels(first.stage.name.lower(), first.code.value).inc()
                if first.code is ReasonCode.RULE_ERROR:
                    self._metrics.rule_errors.labels(first.subject).inc()
