"""Stage 9: fills the positions of each placement in order, and lines up alternates behind them.

An action is shown in one placement only. While a mandatory action is left it takes the next position, without
exploration. Chances are conditional on the earlier positions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import NO_EXPLORATION
from nba_server.domain.decided import Pick
from nba_server.domain.exploration import Contest, Floats, choose
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.ranking import Ranking, is_plain
from nba_server.domain.funnel.work import Site, Work
from nba_server.domain.reasons import Reason, ReasonCode, Stage

Indices = npt.NDArray[np.intp]

ALTERNATES = 5
"""Runners-up per placement, for the race for the last contact slot."""


def run(works: Batch) -> None:
    """Picks for all placements, in the order of the request."""
    rows = works.scored
    regular = works.plan.regular[rows.actions]
    alone = regular & (works.stage[rows.owners, rows.actions] == 0) if works.plain else regular
    for work, part in zip(works, rows.parts, strict=True):
        rankings = []
        for place, site in enumerate(work.sites):
            eligible = alone[part] if works.plain else regular[part] & (site.stage[work.reached] == 0)
            site.rows = list(range(len(eligible))) if eligible.all() else np.flatnonzero(eligible).tolist()
            site.first = [0.0] * len(site.rows)
            rankings.append(fill(work, site, place))
        for place, (site, ranking) in enumerate(zip(work.sites, rankings, strict=True)):
            _line_up(work, site, place, ranking if len(work.sites) == 1 else None)
    _mark(works)


def _mark(works: Batch) -> None:
    """Marks what was eligible and is not picked."""
    rows = works.scored
    reached = np.zeros((len(works), works.stage.shape[1]), dtype=np.bool_)
    reached[rows.owners, rows.actions] = works.plan.regular[rows.actions]
    outranked = reached if works.plain else reached[works.owners]
    shown = [
        (row, works[owner].scored[site.rows[pick.candidate]])
        for row, (site, owner) in enumerate(zip(works.sites, works.owners.tolist(), strict=True))
        for pick in site.picks
        if pick.position
    ]
    if shown:
        outranked[tuple(np.array(shown).T)] = False
    np.copyto(works.stage, Stage.SLATE, where=outranked & (works.stage == 0))


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """Why a qualified action was not picked here."""
    if work.plan.fallback[action]:
        return (Reason(ReasonCode.NOT_NEEDED, Stage.SLATE, "It is used only where nothing else qualifies."),)
    if action in work.taken:
        return (Reason(ReasonCode.PLACED_ELSEWHERE, Stage.SLATE, "It is shown in another placement."),)
    return (Reason(ReasonCode.OUTRANKED, Stage.SLATE, "Others were chosen for the positions there are."),)


def fill(work: Work, site: Site, place: int, *, fallback: bool = False) -> Ranking | None:
    """Fills the positions from `site.rows`, as far as there are any left. Gives the ranking of who is left, where it has one."""
    if not site.rows:
        return None
    if fallback or not is_plain(site.exploration) or work.plan.mandatory[work.reached[site.rows]].any():
        _fill_by_contest(work, site, place, fallback=fallback)
        return None
    ranking = _ranking(work, site)
    epsilon, seed = site.exploration.epsilon, work.input.seed
    for position in range(1, site.slots + 1):
        if not ranking.free:
            break
        chosen, explored, chances = ranking.draw(epsilon, seed, place, position)
        if position == 1:
            site.first = chances.each(len(site.rows), ranking.free)
        ranking.take(chosen)
        work.taken.add(work.scored[site.rows[chosen]])
        site.picks.append(Pick(chosen, position, chances.of(chosen), explored))
    return ranking


def _ranking(work: Work, site: Site) -> Ranking:
    """Those of a placement that no placement shows yet."""
    rows, scored, taken = site.rows, work.scored, work.taken
    free = [i for i, row in enumerate(rows) if scored[row] not in taken] if taken else list(range(len(rows)))
    log_priority = work.factors.log_priority.tolist()
    return Ranking(log_priority if len(rows) == len(log_priority) else [log_priority[row] for row in rows], free)


def _fill_by_contest(work: Work, site: Site, place: int, *, fallback: bool) -> None:
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


def _line_up(work: Work, site: Site, place: int, ranking: Ranking | None) -> None:
    """Alternates by priority, drawn among equals; what another placement shows is out."""
    if not site.picks:
        return
    ranking = ranking or _ranking(work, site)
    for turn in range(min(ALTERNATES, len(ranking.free))):
        chosen = ranking.one_of(work.input.seed, place, turn)
        ranking.take(chosen)
        site.picks.append(Pick(chosen, 0, 0.0))
