"""Counts how the express lane does, and says in the log when something is wrong with it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from nba_server.application.ports import ExpressCounts
from nba_server.observability.decision_counts import DecisionCounts
from nba_server.observability.metrics import Metrics

_log = logging.getLogger("nba.express")


class ExpressWatching:
    """Implements `ExpressWatch`. The first failure is logged, all are counted."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._counts = DecisionCounts(metrics)
        self._told = False

    def failed(self, fault: Exception) -> None:
        """Decisions are late by what the lane took, and right."""
        self._metrics.express_failures.inc()
        if not self._told:
            self._told = True
            _log.error(
                "the express lane failed; the ordinary path decided, as it does whenever that happens", exc_info=fault
            )

    def audited(self, decision_id: str, differences: Sequence[str]) -> None:
        """A difference is a fault of the lane's; nothing of that batch was committed as the lane made it."""
        self._metrics.express_audits.labels("different" if differences else "same").inc()
        if differences:
            _log.error(
                "the express lane decides otherwise than the ordinary path; this process goes on without it",
                extra={"decision_id": decision_id, "differences": list(differences)},
            )

    def decided(self, counts: ExpressCounts) -> None:
        """Adds them to what the others came to."""
        self._counts.together(counts)
        self._metrics.tally.later(self._counts.settle)
