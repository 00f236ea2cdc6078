"""`decide()`: runs the funnel's stages in order over a batch of decisions.

Pure and synchronous: time, seed and state are arguments; equal arguments give equal results, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.domain.catalog import Catalog
from nba_server.domain.decided import Candidate, Decision, Funnel, Pick
from nba_server.domain.features import contact_features
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.conclusion import Traced, conclude
from nba_server.domain.funnel.stages import STAGES, Step
from nba_server.domain.propensity import Scorer
from nba_server.domain.request import DecisionInput, DecisionRequest, PlacementRequest

__all__ = [
    "Candidate",
    "Decision",
    "DecisionInput",
    "DecisionRequest",
    "Funnel",
    "Pick",
    "PlacementRequest",
    "contact_features",
    "decide",
]


def decide(
    inputs: Sequence[DecisionInput],
    catalog: Catalog,
    scorer: Scorer,
    *,
    trace: Traced = False,
    stages: Sequence[Step] = STAGES,
) -> list[Decision]:
    """Decides all inputs in one pass: one result an input, in order; one call of the scorer.

    Requests are checked already: ids exist in the catalogue. With `trace` each removed action carries all failing
    clauses of its stage, or each of those that `trace` names; without, only what the answer needs is worded. `stages`
    is shortened by tests only.
    """
    if not inputs:
        return []
    batch = Batch(inputs, catalog, scorer)
    for step in stages:
        step.run(batch)
    return conclude(batch, stages, trace=trace)
