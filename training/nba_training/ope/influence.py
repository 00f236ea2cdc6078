"""Intervals by the influence function: what the bootstrap over customers converges to, in one pass instead of a thousand.

The linearised ratio's variance, clustered by customer (Deville 1999); equal to the bootstrap but for its noise.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from nba_training.ope.estimators import Terms
from nba_training.ope.intervals import Estimate
from nba_training.ope.log import Floats


def influence(terms: Terms, customer: npt.NDArray[np.int64], *, level: float = 0.95) -> Estimate:
    """Normal interval of one estimate."""
    return _interval(terms.value, _influences(terms), customer, level)


def influence_difference(
    first: Terms, second: Terms, customer: npt.NDArray[np.int64], *, level: float = 0.95
) -> Estimate:
    """Normal interval of first - second on the same customers: what they share cancels."""
    return _interval(first.value - second.value, _influences(first) - _influences(second), customer, level)


def _influences(terms: Terms) -> Floats:
    """Each row's pull on the ratio: (numerator - value x denominator) / sum of denominators."""
    total = float(terms.denominator.sum())
    found: Floats = (terms.numerator - terms.value * terms.denominator) / total
    return found


def _interval(value: float, pulls: Floats, customer: npt.NDArray[np.int64], level: float) -> Estimate:
    if len(customer):
        _, inverse = np.unique(customer, return_inverse=True)
        pulls = np.bincount(inverse, pulls).astype(np.float64)
    n = len(pulls)
    error = float(np.sqrt(np.sum(pulls * pulls) * (n / (n - 1) if n > 1 else np.inf)))
    reach = NormalDist().inv_cdf(0.5 + level / 2) * error
    return Estimate(value, value - reach, value + reach)
