"""What the race for a customer's last contact slot made of a decision: choices that lost it, alternates that took over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from nba_server.domain.catalog import Catalog
from nba_server.domain.decided import Decision
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.domain.trace import ActionTrace

LOST_RACE = Reason(ReasonCode.LOST_RACE, Stage.RESERVATION, "A concurrent contact took the customer's last slot.")
SUBSTITUTED = Reason(
    ReasonCode.SUBSTITUTED, Stage.OFFERED, "Took the place of a better choice that lost the race for the last slot."
)


def after_race(
    traces: Sequence[ActionTrace],
    decision: Decision,
    catalog: Catalog,
    taken: Collection[int],
    substituted: Collection[int],
) -> tuple[ActionTrace, ...]:
    """The traces with what the store made of the picks; `taken` and `substituted` index `Decision.picks`."""
    verdicts: dict[tuple[str, str], tuple[Stage, tuple[Reason, ...]]] = {}
    for index, pick in enumerate(decision.picks):
        candidate = decision.candidates[pick.candidate]
        key = (candidate.placement, catalog.actions[candidate.action].id)
        if index in substituted:
            verdicts[key] = (Stage.OFFERED, (SUBSTITUTED, *decision.reasons[index]))
        elif pick.position and index not in taken:
            verdicts[key] = (Stage.RESERVATION, (LOST_RACE,))
    return tuple(
        replace(trace, stage=verdict[0], reasons=verdict[1])
        if (verdict := verdicts.get((trace.placement, trace.action)))
        else trace
        for trace in traces
    )
