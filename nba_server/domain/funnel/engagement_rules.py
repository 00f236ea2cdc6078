"""Stages 3 to 5: eligibility, applicability and suitability, which differ only in the rules they run.

Rules of the offer ran when the catalogue was built. Those that are plain conditions run as arrays over the whole batch; of the
others, rules of the customer run once, the rest once a pair. A rule that cannot be evaluated removes. Fallbacks are exempt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.plan import Clause, Mask
from nba_server.domain.reasons import Reason, Stage
from nba_server.domain.rule import failure


def running(stage: Stage) -> Callable[[Batch], None]:
    """The stage as a step over a batch."""

    def run(works: Batch) -> None:
        if works.plan.rule_reads:
            _ = works.histories  # the facts of a moment are asked for one by one; from here on they are known
        told = _by_table(works, stage) if works and works[0].plan.clauses[stage].table else {}
        for place, work in enumerate(works):
            clauses = work.plan.clauses[stage]
            if place in told:
                _remove(work, stage, told[place], clauses.left_customer, clauses.left_pair)
            else:
                _remove(work, stage, clauses.offer_removed, clauses.customer, clauses.pair)

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


def _by_table(works: Batch, stage: Stage) -> dict[int, Mask]:
    """What the stage's table removes, by the work's place; without those whose facts the table cannot tell exactly."""
    table = works.plan.clauses[stage].table
    vectors = {place: table.vector(work.rule_facts) for place, work in enumerate(works)}
    told = {place: vector for place, vector in vectors.items() if vector is not None}
    if not told:
        return {}
    places = list(told)
    found = table.removed(np.stack(list(told.values())), lambda fact: works.column(fact)[places])
    found |= works.plan.clauses[stage].offer_removed
    return dict(zip(told, found, strict=True))


def _remove(work: Work, stage: Stage, removed: Mask, customer: Sequence[Clause], pair: Sequence[Clause]) -> None:
    """Removes what is `removed` already and what the clauses remove besides."""
    if customer or pair:
        removed = removed | _evaluated(work, work.alive & work.plan.regular & ~removed, customer, pair)
    work.remove(stage, removed & work.plan.regular)


def _evaluated(work: Work, alive: Mask, customer: Sequence[Clause], pair: Sequence[Clause]) -> Mask:
    removed = np.zeros_like(alive)
    for clause in customer:
        bound = clause.mask & alive
        if bound.any() and clause.rule.predicate(work.rule_facts) is not True:
            alive &= ~bound
            removed |= bound
    for clause in pair:
        for action in np.flatnonzero(clause.mask & alive).tolist():
            if clause.rule.predicate(work.pair_rule_facts(action)) is not True:
                alive[action] = False
                removed[action] = True
    return removed
