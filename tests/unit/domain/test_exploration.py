"""Exploration: closed-form chances against brute-force enumeration of all draws."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nba_server.domain.action import Exploration, ExplorationKind
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import Contest, best, choose, drawn, pick_probabilities

GRID = 24
"""Draws per axis: divisible by every number of candidates used here."""


@pytest.mark.parametrize("log_priority", [[0.0], [1.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, 3.0, 1.0, 3.0]])
@pytest.mark.parametrize("epsilon", [0.0, 0.25, 1.0])
def test_chances_equal_enumeration(log_priority: list[float], epsilon: float) -> None:
    """Over an even grid of both uniform numbers every candidate is picked exactly as often as its chance says."""
    values = np.array(log_priority)
    axis = [(step + 0.5) / GRID for step in range(GRID)]
    counts = Counter(drawn(best(values), epsilon, explore, which) for explore in axis for which in axis)
    found = np.array([counts[i] for i in range(len(values))]) / GRID**2
    chances = pick_probabilities(values, epsilon)
    assert found == pytest.approx(chances, abs=1e-12)
    assert chances.sum() == pytest.approx(1.0)


def test_drawn_probability_is_the_chance() -> None:
    """A draw carries the chance of what it drew, and says explored only when it is not the best."""
    values = np.array([1.0, 5.0, 5.0])
    chances = pick_probabilities(values, 0.3)
    rule = Exploration(ExplorationKind.EPSILON, epsilon=0.3)
    found = [choose(Contest(values, values, values, values, seed, 0, 1), rule)[1] for seed in range(200)]
    assert {pick.index for pick in found} == {0, 1, 2}
    for pick in found:
        assert pick.probability == chances[pick.index]
        assert pick.explored is (pick.index == 0)


def test_rounding_does_not_break_ties() -> None:
    """Priorities that differ by rounding only are tied."""
    values = np.array([np.log(0.1) + np.log(20.0), np.log(0.2) + np.log(10.0)])
    assert pick_probabilities(values, 0.0).tolist() == [0.5, 0.5]


def test_uniform_numbers_are_fixed_for_all_time() -> None:
    """The numbers come from blake2b alone: these values must never change, or old decisions cannot be recomputed."""
    assert uniform(1, 0, 1, 0) == 0.14351812834491584
    assert uniform(2**64 - 1) == 0.176004282240674
    numbers = [uniform(seed, 3) for seed in range(10_000)]
    assert np.mean(numbers) == pytest.approx(0.5, abs=0.01)
    assert np.std(numbers) == pytest.approx(12**-0.5, abs=0.01)
    assert len(set(numbers)) == 10_000
