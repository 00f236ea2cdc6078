"""What was decided: candidates, picks, the funnel's verdict on every action, the reasons in words.

Records only; `decide()` in decision.py fills them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nba_server.domain.candidate_table import Candidate as Candidate
from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.propensity import FeatureColumns
from nba_server.domain.reasons import Reason
from nba_server.domain.request import DecisionInput


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice of the policy (`position` from 1, per placement) or an alternate behind them (`position` 0).

    `candidate` indexes `Decision.candidates`. Alternates exist for the race for the last contact slot only.
    """

    candidate: int
    position: int
    pick_probability: float
    explored: bool = False
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Funnel:
    """For one placement: the stage that removed each action (0: none did) and its reasons, first reason first.

    `stage` is int8, one entry an action in catalogue order. `reasons` has an entry only for removed actions; without
    tracing it holds only what the answer needs. `shadows` has, when tracing, the shadow limits that would have removed an
    action.
    """

    placement: str
    stage: npt.NDArray[np.int8]
    reasons: Mapping[int, tuple[Reason, ...]]
    shadows: Mapping[int, tuple[Reason, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, before the race for the reservation.

    `picks` are ordered by placement, position, then alternates by priority. `reasons` has the words for each pick, in
    the order of `picks`. `no_offer` has a reason for each placement without a pick. `features` belongs to the rows
    of the scored case: row r is the action `scored[r]` with propensity `propensities[r]`. `evaluable` is False where
    a pick was forced (mandatory, fallback), and where the customer gave no consent to profiling: nothing is learned then.
    `shadows` are the shadow limits that are used up, with the actions that they would have removed.
    """

    input: DecisionInput
    catalog_hash: str
    model_version: str
    candidates: CandidateTable
    picks: tuple[Pick, ...]
    reasons: Sequence[tuple[Reason, ...]]
    no_offer: Mapping[str, Reason]
    funnels: tuple[Funnel, ...]
    features: FeatureColumns
    evaluable: bool
    scored: Sequence[int] = ()
    propensities: Sequence[float] = ()
    shadows: tuple[tuple[str, npt.NDArray[np.bool_]], ...] = ()
