"""Stage 9: fills the positions of each placement in order, and lines up alternates behind them.

An action is shown in one placement only. While a mandatory action is left it takes the next position, without
exploration. Chances are conditional on the earlier positions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import NO_EXPLORATION
from nba_server.domain.decided import Pick
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import Contest, Floats, best, choose
from nba_server.domain.funnel import epsilon_slates
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

Indices = npt.NDArray[np.intp]

ALTERNATES = 5
"""Runners-up per placement, for the race for the last contact slot."""


def run(works: Batch) -> None:
    """Picks for all placements, in the order of the request."""
    rows = works.scored
    done = [False] * len(works)
    if works.plain:
        eligible = works.plan.regular[rows.actions] & (works.stage[rows.owners, rows.actions] == 0)
        done = epsilon_slates.fill(works, eligible, ALTERNATES)
        filled = eligible & np.array(done, dtype=np.bool_)[rows.owners]
        _outrank(works, rows.owners[filled], rows.actions[filled])
    for work in (work for work, filled in zip(works, done, strict=True) if not filled):
        for place, site in enumerate(work.sites):
            site.rows = np.flatnonzero(((site.stage == 0) & work.plan.regular)[work.reached]).tolist()
            site.first = [0.0] * len(site.rows)
            fill(work, site, place)
        for place, site in enumerate(work.sites):
            _line_up(work, site, place)
            _mark(work, site)


def _outrank(works: Batch, owners: Indices, actions: Indices) -> None:
    """Marks what was eligible and is not picked, where every work has one placement."""
    outranked = np.zeros(works.stage.shape, dtype=np.bool_)
    outranked[owners, actions] = True
    picked = [(place, action) for place, work in enumerate(works) for action in work.taken]
    if picked:
        outranked[tuple(np.array(picked).T)] = False
    works.remove(Stage.SLATE, outranked)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """Why a qualified action was not picked here."""
    if work.plan.fallback[action]:
        return (Reason(ReasonCode.NOT_NEEDED, Stage.SLATE, "It is used only where nothing else qualifies."),)
    if action in work.taken:
        return (Reason(ReasonCode.PLACED_ELSEWHERE, Stage.SLATE, "It is shown in another placement."),)
    return (Reason(ReasonCode.OUTRANKED, Stage.SLATE, "Others were chosen for the positions there are."),)


def fill(work: Work, site: Site, place: int, *, fallback: bool = False) -> None:
    """Fills the positions from `site.rows`, as far as there are any left."""
    if not site.rows:
        return
    contestants = _Contestants(work, site)
    for position in range(1, site.slots + 1):
        left = contestants.left()
        if not len(left):
            return
        contest = contestants.contest(left, place, position)
        forced = fallback or bool(contestants.mandatory[left[0]])
        chances, drawn = choose(contest, NO_EXPLORATION if forced else site.exploration)
        if position == 1:
            for i, chance in zip(left.tolist(), chances.tolist(), strict=True):
                site.first[i] = chance
        index = int(left[drawn.index])
        contestants.free[index] = False
        work.taken.add(work.scored[site.rows[index]])
        site.picks.append(Pick(index, position, drawn.probability, drawn.explored, fallback))


class _Contestants:
    """Who may be picked for a placement, by place in `site.rows`; what another placement shows may not."""

    def __init__(self, work: Work, site: Site) -> None:
        self._seed = work.input.seed
        self._factors = work.factors
        self._rows = np.array(site.rows, dtype=np.intp)
        actions = np.array(work.scored, dtype=np.intp)[self._rows]
        self._trials = _trials(work, site, self._rows, actions)
        self.mandatory = work.plan.mandatory[actions]
        self.free = ~np.isin(actions, list(work.taken)) if work.taken else np.ones(len(actions), dtype=np.bool_)
        self._forced = bool(self.mandatory.any())

    def left(self) -> Indices:
        """Those that are not picked yet; only mandatory ones while there are any."""
        if self._forced and (due := self.free & self.mandatory).any():
            return np.flatnonzero(due)
        return np.flatnonzero(self.free)

    def contest(self, left: Indices, place: int, position: int) -> Contest:
        """What is known of them, for one position."""
        factors, rows = self._factors, self._rows[left]
        return Contest(
            factors.log_priority[rows],
            factors.propensity[rows],
            factors.evidence[rows],
            self._trials[left],
            self._seed,
            place,
            position,
        )


def _trials(work: Work, site: Site, rows: Indices, actions: Indices) -> Floats:
    """Trials of each; where only what started lately counts as new, all others are beyond counting."""
    trials: Floats = work.factors.trials[rows]
    within_ms = site.exploration.new_within_ms
    if not within_ms:
        return trials
    return np.where(work.catalog.start_ms[actions] > work.contact_ms - within_ms, trials, np.inf)


def _line_up(work: Work, site: Site, place: int) -> None:
    """Alternates by priority, drawn among equals; what another placement shows is out."""
    if not site.picks:
        return
    left = [i for i, row in enumerate(site.rows) if work.scored[row] not in work.taken]
    log_priority = work.factors.log_priority[[site.rows[i] for i in left]]
    for turn in range(min(ALTERNATES, len(left))):
        equal = np.flatnonzero(best(log_priority))
        chosen = (
            0 if len(equal) == 1 else min(int(uniform(work.input.seed, place, 0, turn) * len(equal)), len(equal) - 1)
        )
        log_priority[equal[chosen]] = -np.inf
        site.picks.append(Pick(left[equal[chosen]], 0, 0.0))


def _mark(work: Work, site: Site) -> None:
    outranked = np.zeros(len(work.catalog.actions), dtype=np.bool_)
    outranked[work.reached[site.rows]] = True
    outranked[[work.scored[site.rows[pick.candidate]] for pick in site.picks if pick.position]] = False
    site.remove(Stage.SLATE, outranked)
