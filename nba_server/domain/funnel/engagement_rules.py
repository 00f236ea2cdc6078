"""Stages 3 to 5: eligibility, applicability and suitability, which differ only in the rules they run.

Rules of the offer ran when the catalogue was built, rules of the customer run once, the others once a pair. A rule that
cannot be evaluated removes. Fallbacks are exempt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, Stage
from nba_server.domain.rule import failure


def running(stage: Stage) -> Callable[[Sequence[Work]], None]:
    """The stage as a step over a batch."""

    def run(works: Sequence[Work]) -> None:
        for work in works:
            _filter(work, stage)

    return run


def explaining(stage: Stage) -> Callable[[Work, Site, int], tuple[Reason, ...]]:
    """The stage's reasons for one action: all failing clauses, in the order of the catalogue."""

    def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
        clauses = work.plan.clauses[stage]
        found = list(clauses.offer_failures.get(action, ()))
        for clause in (*clauses.customer, *clauses.pair):
            if clause.mask[action]:
                reason = failure(clause.rule, work.pair_rule_facts(action))
                if reason is not None:
                    found.append((clause.order, reason))
        return tuple(reason for _, reason in sorted(found, key=lambda pair: pair[0]))

    return explain


def _filter(work: Work, stage: Stage) -> None:
    clauses = work.plan.clauses[stage]
    alive = work.alive & work.plan.regular & ~clauses.offer_removed
    removed = clauses.offer_removed.copy()
    for clause in clauses.customer:
        bound = clause.mask & alive
        if bound.any() and clause.rule.predicate(work.rule_facts) is not True:
            alive &= ~bound
            removed |= bound
    for clause in clauses.pair:
        for action in np.flatnonzero(clause.mask & alive).tolist():
            if clause.rule.predicate(work.pair_rule_facts(action)) is not True:
                alive[action] = False
                removed[action] = True
    work.remove(stage, removed & work.plan.regular)
