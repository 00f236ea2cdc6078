"""The slates of many placements at once, for the common case: the best goes first, or one drawn at random with chance epsilon.

Chances and draws are those of exploration.py to the last bit; slate.py fills the placements that need more than this.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import ExplorationKind
from nba_server.domain.decided import Pick
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import TIE
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Floats, Indices, Site, Work
from nba_server.domain.plan import Mask

PLAIN_KINDS = (ExplorationKind.NONE, ExplorationKind.EPSILON)


def fill(works: Batch, eligible: Mask, alternates: int) -> list[bool]:
    """Fills the placements of works that have one, explore by epsilon at most and must say nothing; tells which works were.

    `eligible` has the rows of `works.scored` that may be shown.
    """
    rows = works.scored
    forced = np.zeros(len(works), dtype=np.bool_)
    forced[rows.owners[eligible & works.plan.mandatory[rows.actions]]] = True
    plain = [
        len(work.sites) == 1 and not must and _is_plain(work.sites[0])
        for work, must in zip(works, forced.tolist(), strict=True)
    ]
    chosen = [place for place, done in enumerate(plain) if done]
    for place in chosen:
        site = works[place].sites[0]
        site.rows = np.flatnonzero(eligible[rows.parts[place]]).tolist()
        site.first = [0.0] * len(site.rows)
    filled = [works[place] for place in chosen if works[place].sites[0].rows]
    if filled:
        _Slates(filled).run(alternates)
    return plain


def _is_plain(site: Site) -> bool:
    return site.exploration.kind in PLAIN_KINDS and not site.exploration.new_share


class _Slates:
    """The contestants of each placement as a row, padded with nobody."""

    def __init__(self, works: Sequence[Work]) -> None:
        self._works = works
        self._sites = [work.sites[0] for work in works]
        self._seeds = [work.input.seed for work in works]
        sizes = np.array([len(site.rows) for site in self._sites])
        self._free = np.arange(sizes.max()) < sizes[:, None]
        self._log_priority: Floats = np.full(self._free.shape, -np.inf)
        self._log_priority[self._free] = np.concatenate(
            [work.factors.log_priority[site.rows] for work, site in zip(works, self._sites, strict=True)]
        )
        self._epsilon = np.array([site.exploration.epsilon for site in self._sites])
        self._slots = np.array([site.slots for site in self._sites])

    def run(self, alternates: int) -> None:
        for position in range(1, int(self._slots.max()) + 1):
            self._fill(position)
        for turn in range(alternates):
            self._line_up(turn)

    def _fill(self, position: int) -> None:
        wanted = (self._slots >= position) & self._free.any(axis=1)
        places = np.flatnonzero(wanted)
        if not len(places):
            return
        free, top = self._free[places], self._best(places)
        count, ties = free.sum(axis=1), top.sum(axis=1)
        epsilon = self._epsilon[places]
        chances = top * ((1.0 - epsilon) / ties)[:, None] + (epsilon / count)[:, None]
        explore, choose = (self._uniform(places, position, turn) for turn in (0, 1))
        random = explore < epsilon
        nth = np.minimum((choose * np.where(random, count, ties)).astype(np.intp), np.where(random, count, ties) - 1)
        index = _nth(np.where(random[:, None], free, top), nth)
        here = np.arange(len(places))
        picked = zip(
            *(places.tolist(), index.tolist(), chances[here, index].tolist(), (~top[here, index]).tolist()), strict=True
        )
        for place, i, chance, explored in picked:
            site, work = self._sites[place], self._works[place]
            site.picks.append(Pick(i, position, chance, explored))
            work.taken.add(work.scored[site.rows[i]])
        if position == 1:
            for place, row, size in zip(places.tolist(), chances, count.tolist(), strict=True):
                self._sites[place].first = row[:size].tolist()
        self._free[places, index] = False

    def _line_up(self, turn: int) -> None:
        """One alternate more for each, by priority, drawn among equals."""
        places = np.flatnonzero(self._free.any(axis=1))
        if not len(places):
            return
        top = self._best(places)
        ties = top.sum(axis=1)
        nth = np.zeros(len(places), dtype=np.intp)
        for tied in np.flatnonzero(ties > 1).tolist():
            drawn = uniform(self._seeds[places[tied]], 0, 0, turn)
            nth[tied] = min(int(drawn * ties[tied]), ties[tied] - 1)
        index = _nth(top, nth)
        for place, i in zip(places.tolist(), index.tolist(), strict=True):
            self._sites[place].picks.append(Pick(i, 0, 0.0))
        self._free[places, index] = False

    def _best(self, places: Indices) -> Mask:
        free = self._free[places]
        left = np.where(free, self._log_priority[places], -np.inf)
        return np.asarray(free & (left >= left.max(axis=1, keepdims=True) - TIE))

    def _uniform(self, places: Indices, position: int, turn: int) -> Floats:
        return np.array([uniform(self._seeds[place], 0, position, turn) for place in places.tolist()])


def _nth(marked: Mask, nth: npt.NDArray[np.intp]) -> Indices:
    """The column of the mark with this number (from 0) in each row."""
    return np.asarray((np.cumsum(marked, axis=1) > nth[:, None]).argmax(axis=1))
