"""Exploration with exact probabilities: the chance of every candidate for one position, and the pick drawn from just them.

With k candidates and the m that tie for the best:
none       1 / m for the best
epsilon    (1 - epsilon) / m for the best + epsilon / k for all
softmax    (1 - floor) exp(log priority / temperature) / sum + floor / k
thompson   (1 - floor) wins / draws + floor / k, the wins of seeded draws from what is believed (thompson.py)
While new and mature actions are both there, the new ones get `new_share` together, alike; the mature ones the rest by the rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Exploration, ExplorationKind
from nba_server.domain.draw import uniform
from nba_server.domain.thompson import win_shares

Floats = npt.NDArray[np.float64]

TIE = 1e-12
"""Log priorities this close are equal: far below any meaning, above the rounding of four logarithms."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Those who are left for a position of a placement, one entry each; `seed`, `place` and `position` name its randomness."""

    log_priority: Floats
    propensity: Floats
    evidence: Floats
    trials: Floats
    seed: int
    place: int
    position: int

    def __len__(self) -> int:
        return len(self.log_priority)

    def uniform(self, turn: int) -> float:
        """One of the position's uniform numbers."""
        return uniform(self.seed, self.place, self.position, turn)

    def only(self, kept: npt.NDArray[np.bool_]) -> Contest:
        """The same position with some of the candidates."""
        columns = (self.log_priority[kept], self.propensity[kept], self.evidence[kept], self.trials[kept])
        return Contest(*columns, self.seed, self.place, self.position)


@dataclass(frozen=True, slots=True)
class Draw:
    """A pick: its index, its exact chance, and whether it was shown to learn instead of for its priority."""

    index: int
    probability: float
    explored: bool


def best(log_priority: Floats) -> npt.NDArray[np.bool_]:
    """Which candidates tie for the best. At least one candidate is needed."""
    return np.asarray(log_priority >= log_priority.max() - TIE)


def pick_probabilities(log_priority: Floats, epsilon: float) -> Floats:
    """The chance of each candidate with epsilon exploration; sums to 1."""
    top = best(log_priority)
    return np.asarray(top * ((1.0 - epsilon) / np.count_nonzero(top)) + epsilon / len(log_priority))


def chances(contest: Contest, rule: Exploration) -> Floats:
    """The chance of each candidate; sums to 1. At least one candidate is needed."""
    new = contest.trials < rule.mature_after
    if not rule.new_share or new.all() or not new.any():
        return _by_rule(contest, rule)
    found = np.full(len(contest), rule.new_share / np.count_nonzero(new))
    found[~new] = (1.0 - rule.new_share) * _by_rule(contest.only(~new), rule)
    return found


def choose(contest: Contest, rule: Exploration) -> tuple[Floats, Draw]:
    """The chances, and a pick drawn from them."""
    found, top = chances(contest, rule), best(contest.log_priority)
    if rule.new_share or rule.kind in (ExplorationKind.SOFTMAX, ExplorationKind.THOMPSON):
        total = np.cumsum(found)
        index = int(np.searchsorted(total, contest.uniform(0) * total[-1], side="right"))
        index = min(index, len(contest) - 1)
    else:
        # Two numbers, as ever since the first release: decisions of then are recomputed bit for bit.
        index = drawn(top, rule.epsilon, contest.uniform(0), contest.uniform(1))
    return found, Draw(index, float(found[index]), not bool(top[index]))


def drawn(top: npt.NDArray[np.bool_], epsilon: float, explore: float, choose: float) -> int:
    """With two uniform numbers, whether to explore and which of the equals."""
    if explore < epsilon:
        return min(int(choose * len(top)), len(top) - 1)
    ties = np.flatnonzero(top)
    return int(ties[min(int(choose * len(ties)), len(ties) - 1)])


def _by_rule(contest: Contest, rule: Exploration) -> Floats:
    if rule.kind is ExplorationKind.SOFTMAX:
        odds = np.exp((contest.log_priority - contest.log_priority.max()) / rule.temperature)
        return _floored(odds / odds.sum(), rule.floor)
    if rule.kind is ExplorationKind.THOMPSON:
        key = contest.seed | contest.place << 64 | contest.position << 96
        worth = contest.log_priority - np.log(contest.propensity)
        wins = win_shares(contest.propensity, contest.evidence, worth, key=key, draws=rule.draws)
        return _floored(wins, rule.floor)
    return pick_probabilities(contest.log_priority, rule.epsilon)


def _floored(found: Floats, floor: float) -> Floats:
    return np.asarray((1.0 - floor) * found + floor / len(found))
