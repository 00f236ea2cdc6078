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
    rows = works.scored
    rows.factors.evidence[:] = works.catalog.prior_evidence[rows.actions]
    places = [place for place, work in enumerate(works) if work.scored]
    if not places:
        return
    _ = works.histories  # the facts of a moment are asked for one by one; from here on they are known
    for place, found in zip(places, works.scorer.score(_cases(works, places)), strict=True):
        work = works[place]
        work.factors.propensity[:] = found.propensity
        if found.evidence is not None:
            work.factors.evidence[:] = found.evidence
        if found.trials is not None:
            work.factors.trials[:] = found.trials
        if found.value is not None:
            works.learned_values.append((rows.parts[place], found.value))
        work.features = found.features
    propensity = rows.factors.propensity
    usable = np.isfinite(propensity) & (propensity > 0.0)
    propensity[:] = np.where(usable, np.minimum(propensity, 1.0), np.nan)
    if not usable.all():
        removed = np.zeros((len(works), len(works.catalog.actions)), dtype=np.bool_)
        removed[rows.owners[~usable], rows.actions[~usable]] = True
        works.remove(Stage.SCORING, removed)


def _cases(works: Batch, places: list[int]) -> list[ScoringCase]:
    """What the scorer sees; without consent to profiling only what says nothing of the person."""
    rows, catalog = works.scored, works.catalog
    prior, evidence = catalog.prior_propensity[rows.actions], catalog.prior_evidence[rows.actions]
    everything, impersonal = works.scorer.reads, non_personal(works.scorer.reads)
    cases = []
    for place in places:
        work, part = works[place], rows.parts[place]
        reads = everything if work.personal else impersonal
        cases.append(
            ScoringCase(
                shared=shared_facts(work.moment, reads),
                pairs=CandidateFacts(work.moment, work.columns, work.reached, reads),
                prior=prior[part],
                evidence=evidence[part],
            )
        )
    return cases


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """The reason of this stage for one action."""
    return (Reason(ReasonCode.NO_PROPENSITY, Stage.SCORING, "The model gave no usable propensity."),)
