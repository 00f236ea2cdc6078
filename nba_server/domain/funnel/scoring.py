"""Stage 7: the propensity of every action that got this far, by one call of the scorer for the whole batch."""

from __future__ import annotations

import numpy as np

from nba_server.domain.candidate_facts import CandidateFacts
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.propensity import ScoringCase
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.domain.shared_facts import non_personal, shared_facts


def run(works: Batch) -> None:
    """Scores, and removes what has no usable propensity."""
    scored = [work for work in works if work.scored]
    if not scored:
        return
    scores = scored[0].scorer.score([case(work) for work in scored])
    for work, found in zip(scored, scores, strict=True):
        propensity = np.asarray(found.propensity, dtype=np.float64)
        usable = np.isfinite(propensity) & (propensity > 0.0)
        work.factors.propensity = np.where(usable, np.minimum(propensity, 1.0), np.nan)
        rows = np.array(work.scored, dtype=np.intp)
        work.factors.evidence = found.evidence if found.evidence is not None else work.catalog.prior_evidence[rows]
        if found.trials is not None:
            work.factors.trials = found.trials
        work.features = found.features
        if not usable.all():
            removed = np.zeros(len(work.catalog.actions), dtype=np.bool_)
            removed[[action for action, good in zip(work.scored, usable, strict=True) if not good]] = True
            work.remove(Stage.SCORING, removed)


def case(work: Work) -> ScoringCase:
    """What the scorer sees; without consent to profiling only what says nothing of the person."""
    reads = work.scorer.reads if work.personal else non_personal(work.scorer.reads)
    rows = np.array(work.scored, dtype=np.intp)
    return ScoringCase(
        shared=shared_facts(work.moment, reads),
        pairs=CandidateFacts(work.moment, work.columns, work.scored, reads),
        prior=work.catalog.prior_propensity[rows],
        evidence=work.catalog.prior_evidence[rows],
    )


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """The reason of this stage for one action."""
    return (Reason(ReasonCode.NO_PROPENSITY, Stage.SCORING, "The model gave no usable propensity."),)
