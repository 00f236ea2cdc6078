"""Intervals by bootstrap over customers: rows of one customer stay together, because one customer's decisions are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_training.ope.estimators import Terms
from nba_training.ope.log import Floats

DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the bounds of its central interval."""

    value: float
    low: float
    high: float


def bootstrap(
    terms: Terms, customer: npt.NDArray[np.int64], *, seed: int, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """Percentile interval of one estimate."""
    (drawn,) = resampled((terms,), customer, seed, draws)
    return Estimate(terms.value, *bounds(drawn, level))


def bootstrap_difference(
    first: Terms, second: Terms, customer: npt.NDArray[np.int64], *, seed: int, draws: int = DRAWS, level: float = 0.95
) -> Estimate:
    """Percentile interval of first - second on the same resampled customers, so that what they share cancels."""
    one, two = resampled((first, second), customer, seed, draws)
    return Estimate(first.value - second.value, *bounds(one - two, level))


def bounds(drawn: Floats, level: float) -> tuple[float, float]:
    """The central interval of resampled estimates."""
    tail = (1 - level) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def resampled(
    all_terms: Sequence[Terms], customer: npt.NDArray[np.int64], seed: int, draws: int = DRAWS
) -> list[Floats]:
    """Ratio estimates on resampled customers; multinomial counts of customers, so a draw costs O(customers)."""
    groups, inverse = np.unique(customer, return_inverse=True) if len(customer) else _rows(all_terms[0])
    sums = [
        (np.bincount(inverse, t.numerator, len(groups)), np.bincount(inverse, t.denominator, len(groups)))
        for t in all_terms
    ]
    rng = np.random.default_rng(seed)
    results = [np.empty(draws) for _ in all_terms]
    share = np.full(len(groups), 1 / len(groups))
    for draw in range(draws):
        counts = rng.multinomial(len(groups), share)
        for result, (numerator, denominator) in zip(results, sums, strict=True):
            below = counts @ denominator
            result[draw] = counts @ numerator / below if below > 0 else np.nan
    return results


def _rows(terms: Terms) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    rows = np.arange(len(terms.numerator))
    return rows, rows
