"""Counts decisions a batch at a time: each touch of an instrument costs a lock, and with several workers a mapped file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from prometheus_client import Counter as Instrument

from nba_server.application.express import ExpressDecision
from nba_server.application.ports import ExpressCounts
from nba_server.domain.decision import Decision
from nba_server.domain.reasons import ReasonCode, Stage
from nba_server.observability.metrics import Metrics

_LOST = f"{Stage.RESERVATION.name.lower()}_{ReasonCode.LOST_RACE.value}"


class DecisionCounts:
    """Adds up until it is told to settle. `taken` are the indices of the picks that were reserved."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._paths = {name: metrics.decision_paths.labels(name) for name in ("express", "ordinary")}
        self._stages = {stage.value: metrics.removals.labels(stage.name.lower()) for stage in Stage}
        self._outcomes: dict[tuple[str, str, str], Instrument] = {}
        self._made: Counter[str] = Counter()
        self._ended: Counter[tuple[str, str, str]] = Counter()
        self._removed = [0] * (max(Stage) + 1)
        self._together: list[ExpressCounts] = []

    def express(self, made: ExpressDecision, taken: Sequence[int]) -> None:
        """One of the express lane's: it had something to offer, so that only a race can have left the placement empty."""
        request = made.asked.request
        self._made["express"] += 1
        self._ended[request.channel, request.placements[0].placement, "offered" if taken else _LOST] += 1
        self._remove(made.taken.removed)

    def together(self, counts: ExpressCounts) -> None:
        """A batch of the express lane's, all of which offered something. They are added up later: their answers wait."""
        self._together.append(counts)

    def ordinary(self, decision: Decision, taken: Sequence[int]) -> None:
        """One of the ordinary path's, but no preview."""
        request = decision.input.request
        self._made["ordinary"] += 1
        filled = {decision.candidates[decision.picks[pick].candidate].placement for pick in taken}
        for place in request.placements:
            outcome = "offered" if place.placement in filled else _no_offer(decision, place.placement)
            self._ended[request.channel, place.placement, outcome] += 1
        for funnel in decision.funnels:
            self._remove(np.bincount(funnel.stage).tolist())
        for limit, held_back in decision.shadows:
            if any(held_back[decision.candidates[decision.picks[pick].candidate].action] for pick in taken):
                self._metrics.shadow_limits.labels(limit).inc()

    def settle(self) -> None:
        """Brings what was added up to the instruments."""
        for counts in self._together:
            for (channel, placement), offers in counts.offered.items():
                self._made["express"] += offers
                self._ended[channel, placement, "offered"] += offers
            self._remove(counts.removed)
        self._together.clear()
        for path, times in self._made.items():
            self._paths[path].inc(times)
        for labels, times in self._ended.items():
            if labels not in self._outcomes:
                self._outcomes[labels] = self._metrics.decisions.labels(*labels)
            self._outcomes[labels].inc(times)
        for stage, instrument in self._stages.items():
            if self._removed[stage]:
                instrument.inc(self._removed[stage])
        self._made.clear()
        self._ended.clear()
        self._removed = [0] * len(self._removed)

    def _remove(self, removed: Sequence[int]) -> None:
        sums = self._removed
        for stage, actions in enumerate(removed):
            if actions:
                sums[stage] += actions


def _no_offer(decision: Decision, placement: str) -> str:
    reason = decision.no_offer.get(placement)
    return reason.code.value if reason else _LOST
