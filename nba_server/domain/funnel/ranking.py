"""Positions filled from a ranked list: where exploration is by epsilon at most, each position takes one from the top.

Chances and draws are those of exploration.py to the last bit. A list of fifty is ranked once; arrays would be made anew for
every position.
"""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.domain.action import Exploration, ExplorationKind
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import TIE

PLAIN_KINDS = (ExplorationKind.NONE, ExplorationKind.EPSILON)


def is_plain(rule: Exploration) -> bool:
    """Whether the rule needs no more than this."""
    return rule.kind in PLAIN_KINDS and not rule.new_share


class Ranking:
    """Those who are left, by their place in `log_priority`: `free` in order of place. `free` must be ascending."""

    def __init__(self, log_priority: Sequence[float], free: list[int]) -> None:
        self._value = log_priority
        self._ranked = sorted(free, key=log_priority.__getitem__, reverse=True)
        self.free = free

    def top(self) -> list[int]:
        """Those who tie for the best, in order of place. At least one must be left."""
        value, ranked = self._value, self._ranked
        least, ties = value[ranked[0]] - TIE, 1
        while ties < len(ranked) and value[ranked[ties]] >= least:
            ties += 1
        return ranked[:1] if ties == 1 else sorted(ranked[:ties])

    def take(self, place: int) -> None:
        """Is left no more."""
        self._ranked.remove(place)
        self.free.remove(place)

    def one_of(self, seed: int, place: int, turn: int) -> int:
        """The best, drawn among equals: the runner-up of this turn."""
        top = self.top()
        if len(top) == 1:
            return top[0]
        return _at(top, uniform(seed, place, 0, turn))

    def draw(self, epsilon: float, seed: int, place: int, position: int) -> tuple[int, bool, Chances]:
        """Who gets the position, whether to learn instead of for the priority, and everybody's chances."""
        top, free = self.top(), self.free
        chances = Chances(top, (1.0 - epsilon) / len(top), epsilon / len(free))
        explore, choose = uniform(seed, place, position, 0), uniform(seed, place, position, 1)
        chosen = _at(free if explore < epsilon else top, choose)
        return chosen, chosen not in top, chances


class Chances:
    """The chance of each: alike for all, and more for those on top."""

    __slots__ = ("_more", "_rest", "_top")

    def __init__(self, top: list[int], more: float, rest: float) -> None:
        self._top, self._more, self._rest = top, more, rest

    def of(self, place: int) -> float:
        """The chance of one."""
        return self._more + self._rest if place in self._top else self._rest

    def each(self, size: int, free: Sequence[int]) -> list[float]:
        """Everybody's chance by place, 0 for those who are not left."""
        found = [self._rest] * size
        if len(free) < size:
            found = [0.0] * size
            for place in free:
                found[place] = self._rest
        for place in self._top:
            found[place] = self._more + self._rest
        return found


def _at(places: Sequence[int], drawn: float) -> int:
    return places[min(int(drawn * len(places)), len(places) - 1)]
