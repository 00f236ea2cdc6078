"""Stage 9: fills the positions of each placement in order, and lines up alternates behind them.

An action is shown in one placement only. While a mandatory action is left it takes the next position, without
exploration. Chances are conditional on the earlier positions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nba_server.domain.action import NO_EXPLORATION
from nba_server.domain.decided import Pick
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import Contest, choose, draw
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

ALTERNATES = 5
"""Runners-up per placement, for the race for the last contact slot."""


def run(works: Sequence[Work]) -> None:
    """Picks for all placements, in the order of the request."""
    for work in works:
        for place, site in enumerate(work.sites):
            eligible = (site.stage == 0) & work.plan.regular
            site.rows = [row for row, action in enumerate(work.scored) if eligible[action]]
            site.first = [0.0] * len(site.rows)
            fill(work, site, place)
        for place, site in enumerate(work.sites):
            _line_up(work, site, place)
            _mark(work, site)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """Why a qualified action was not picked here."""
    if work.plan.fallback[action]:
        return (Reason(ReasonCode.NOT_NEEDED, Stage.SLATE, "It is used only where nothing else qualifies."),)
    if action in work.taken:
        return (Reason(ReasonCode.PLACED_ELSEWHERE, Stage.SLATE, "It is shown in another placement."),)
    return (Reason(ReasonCode.OUTRANKED, Stage.SLATE, "Others were chosen for the positions there are."),)


def fill(work: Work, site: Site, place: int, *, fallback: bool = False) -> None:
    """Fills the positions from `site.rows`, as far as there are any left."""
    for position in range(1, site.slots + 1):
        left = _free(work, site)
        if not left:
            return
        _take(work, site, place, position, left, fallback=fallback)


def _free(work: Work, site: Site) -> list[int]:
    """Indices into `site.rows` of what is not picked yet; only mandatory ones while there are any."""
    left = [i for i, row in enumerate(site.rows) if work.scored[row] not in work.taken]
    mandatory = [i for i in left if work.plan.mandatory[work.scored[site.rows[i]]]]
    return mandatory or left


def _take(work: Work, site: Site, place: int, position: int, left: list[int], *, fallback: bool) -> None:
    rows = [site.rows[i] for i in left]
    forced = fallback or bool(work.plan.mandatory[work.scored[rows[0]]])
    factors = work.factors
    contest = Contest(
        factors.log_priority[rows],
        factors.propensity[rows],
        factors.evidence[rows],
        factors.trials[rows],
        work.input.seed,
        place,
        position,
    )
    chances, drawn = choose(contest, NO_EXPLORATION if forced else site.exploration)
    if position == 1:
        for i, chance in zip(left, chances.tolist(), strict=True):
            site.first[i] = chance
    index = left[drawn.index]
    work.taken.add(work.scored[site.rows[index]])
    site.picks.append(Pick(index, position, drawn.probability, drawn.explored, fallback))


def _line_up(work: Work, site: Site, place: int) -> None:
    """Alternates by priority; what another placement shows is out."""
    left = [i for i, row in enumerate(site.rows) if work.scored[row] not in work.taken]
    for turn in range(min(ALTERNATES, len(left)) if site.picks else 0):
        log_priority = work.factors.log_priority[[site.rows[i] for i in left]]
        drawn = draw(log_priority, 0.0, 1.0, uniform(work.input.seed, place, 0, turn))
        site.picks.append(Pick(left.pop(drawn.index), 0, 0.0))


def _mark(work: Work, site: Site) -> None:
    chosen = {pick.candidate for pick in site.picks if pick.position}
    outranked = np.zeros(len(work.catalog.actions), dtype=np.bool_)
    outranked[[work.scored[row] for i, row in enumerate(site.rows) if i not in chosen]] = True
    site.remove(Stage.SLATE, outranked)
