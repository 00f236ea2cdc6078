"""Two proportions: difference, ratio and engagement lift, with the intervals of the textbooks.

Wilson 1927 for one proportion, Newcombe 1998 (method 10) for a difference, the log method (Katz 1978) for a ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm


@dataclass(frozen=True, slots=True)
class Arm:
    """`positives` of `n` customers."""

    positives: int
    n: int

    @property
    def rate(self) -> float:
        """positives / n; NaN for an empty arm."""
        return self.positives / self.n if self.n else math.nan


Interval = tuple[float, float]


def _z(level: float) -> float:
    return float(norm.ppf(0.5 + level / 2))


def wilson(arm: Arm, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of one proportion."""
    z, p, n = _z(level), arm.rate, arm.n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def difference_wald(treated: Arm, control: Arm, *, level: float = 0.95) -> Interval:
    """Wald's interval of treated - control; too narrow for small arms."""
    variance = treated.rate * (1 - treated.rate) / treated.n + control.rate * (1 - control.rate) / control.n
    half = _z(level) * math.sqrt(variance)
    middle = treated.rate - control.rate
    return middle - half, middle + half


def difference(treated: Arm, control: Arm, *, level: float = 0.95) -> Interval:
    """Newcombe's interval of treated - control, good for small arms and rates near zero: the one to show."""
    (low_t, high_t), (low_c, high_c) = wilson(treated, level=level), wilson(control, level=level)
    t, c = treated.rate, control.rate
    return t - c - math.hypot(t - low_t, high_c - c), t - c + math.hypot(high_t - t, c - low_c)


def ratio(treated: Arm, control: Arm, *, level: float = 0.95) -> Interval | None:
    """Interval of treated / control on the log scale; None when an arm has no positives."""
    if not treated.positives or not control.positives:
        return None
    error = math.sqrt(1 / treated.positives - 1 / treated.n + 1 / control.positives - 1 / control.n)
    middle, half = math.log(treated.rate / control.rate), _z(level) * error
    return math.exp(middle - half), math.exp(middle + half)


def z_test(treated: Arm, control: Arm) -> tuple[float, float]:
    """Pooled z statistic and two-sided p value of "the rates are equal"."""
    pooled = (treated.positives + control.positives) / (treated.n + control.n)
    error = math.sqrt(pooled * (1 - pooled) * (1 / treated.n + 1 / control.n))
    z = (treated.rate - control.rate) / error if error else 0.0
    return z, float(2 * norm.sf(abs(z)))


def engagement_lift(test: Arm, control: Arm) -> float | None:
    """test rate / control rate - 1; None when the control has no rate to compare with."""
    return test.rate / control.rate - 1 if control.n and control.positives else None
