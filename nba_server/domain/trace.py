"""What happened to every action in a decision, for people who ask why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from nba_server.domain.catalog import Catalog
from nba_server.domain.decided import Candidate, Decision
from nba_server.domain.profile import Scalar
from nba_server.domain.reasons import Reason, Stage


@dataclass(frozen=True, slots=True)
class FeatureNames:
    """The columns of a model definition, in the order of `FeatureColumns`."""

    shared_numbers: Sequence[str] = ()
    shared_texts: Sequence[str] = ()
    pair_numbers: Sequence[str] = ()
    pair_texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ActionTrace:
    """One action in one placement: OFFERED, or the stage that removed it and its failing clauses.

    `propensity` is None when it was removed before scoring, `candidate` (with its factors) when before the slate.
    `features` are those present, by name. `shadows` are the shadow limits that would have removed it: they do not.
    """

    placement: str
    action: str
    stage: Stage
    reasons: tuple[Reason, ...]
    propensity: float | None = None
    candidate: Candidate | None = None
    features: Mapping[str, Scalar] = field(default_factory=dict)
    shadows: tuple[Reason, ...] = ()

    @property
    def priority(self) -> float | None:
        """P x C x V x L; None when it was removed before the slate."""
        return None if self.candidate is None else self.candidate.priority


def trace(decision: Decision, catalog: Catalog, names: FeatureNames | None = None) -> list[ActionTrace]:
    """Every action in catalogue order, once for each placement. The decision must have been made with `trace=True`."""
    candidates = {(found.placement, found.action): found for found in decision.candidates}
    worded = {
        (decision.candidates[pick.candidate].placement, decision.candidates[pick.candidate].action): reasons
        for pick, reasons in zip(decision.picks, decision.reasons, strict=True)
        if pick.position
    }
    row_of = {action: row for row, action in enumerate(decision.scored)}
    found = []
    for funnel in decision.funnels:
        for index, action in enumerate(catalog.actions):
            key = (funnel.placement, index)
            row = row_of.get(index)
            removed_by = int(funnel.stage[index])
            scored = row is not None and (not removed_by or removed_by >= Stage.SCORING)
            found.append(
                ActionTrace(
                    placement=funnel.placement,
                    action=action.id,
                    stage=Stage(removed_by) if removed_by else Stage.OFFERED,
                    reasons=funnel.reasons.get(index, ()) if removed_by else worded.get(key, ()),
                    propensity=decision.propensities[row] if row is not None and scored else None,
                    candidate=candidates.get(key),
                    features=_features(decision, row, names) if row is not None and scored and names else {},
                    shadows=funnel.shadows.get(index, ()),
                )
            )
    return found


def _features(decision: Decision, row: int, names: FeatureNames) -> dict[str, Scalar]:
    columns = decision.features
    shared = np.frombuffer(columns.shared_numbers, dtype="<f8").tolist()
    width, texts = len(names.pair_numbers), len(names.pair_texts)
    pair = np.frombuffer(columns.pair_numbers, dtype="<f8")[row * width : (row + 1) * width].tolist()
    pair_texts = columns.pair_texts[row * texts : (row + 1) * texts]
    numbers = (*zip(names.shared_numbers, shared, strict=False), *zip(names.pair_numbers, pair, strict=False))
    words = (
        *zip(names.shared_texts, columns.shared_texts, strict=False),
        *zip(names.pair_texts, pair_texts, strict=False),
    )
    return {
        **{name: number for name, number in numbers if not math.isnan(number)},
        **{name: text for name, text in words if text},
    }
