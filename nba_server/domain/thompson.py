"""Thompson sampling by numbers: how often each candidate wins when every propensity is drawn from what is believed of it.

Belief: Beta with the propensity as its mean and the evidence as its weight; its logarithm is drawn as a normal of the same mean
and variance, so that a draw costs no logarithm. The numbers come from Philox's raw stream, which numpy keeps for good.
"""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST = 0.5
"""No belief is weaker than half a positive and half a negative trial."""
_WORDS = 1 << 16


def win_shares(propensity: Floats, evidence: Floats, worth: Floats, *, key: int, draws: int) -> Floats:
    """The share of `draws` in which each candidate has the highest priority; sums to 1.

    `worth` is log(C V L). `key` (128 bits) names the numbers; equal arguments give equal shares.
    """
    mean, spread = log_belief(propensity, evidence)
    drawn = _normals(key, draws, len(propensity))
    drawn *= spread
    drawn += mean
    np.minimum(drawn, 0.0, out=drawn)
    drawn += worth
    return np.bincount(drawn.argmax(axis=1), minlength=len(propensity)) / draws


def log_belief(propensity: Floats, evidence: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of log p for p ~ Beta(p n, (1 - p) n): psi(a) - psi(a + b), psi'(a) - psi'(a + b)."""
    positive = np.maximum(propensity * evidence, LEAST)
    total = positive + np.maximum((1.0 - propensity) * evidence, LEAST)
    mean, whole = _digamma(positive) - _digamma(total), _trigamma(positive) - _trigamma(total)
    return mean, np.sqrt(np.maximum(whole, 0.0))


def _normals(key: int, rows: int, columns: int) -> Floats:
    """Standard normal numbers of 16 bits each."""
    count = rows * columns
    raw = np.random.Philox(key=key).random_raw(-(-count // 4))
    return _quantiles().take(np.asarray(raw, dtype="<u8").view("<u2")[:count]).reshape(rows, columns)


@cache
def _quantiles() -> Floats:
    """The normal quantile of the middle of each of 65,536 equally likely cells."""
    quantile = NormalDist().inv_cdf
    upper = np.array([quantile((_WORDS / 2 + step + 0.5) / _WORDS) for step in range(_WORDS // 2)])
    found = np.concatenate([-upper[::-1], upper])
    found.setflags(write=False)
    return found


def _digamma(x: Floats) -> Floats:
    """By the recurrence up to x + 3, then the asymptotic series (Abramowitz, Stegun 6.3.5, 6.3.18)."""
    y = x + 3.0
    inverse = 1.0 / (y * y)
    series = np.log(y) - 0.5 / y - inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252))
    return np.asarray(series - 1.0 / x - 1.0 / (x + 1.0) - 1.0 / (x + 2.0))


def _trigamma(x: Floats) -> Floats:
    """By the recurrence up to x + 3, then the asymptotic series (Abramowitz, Stegun 6.4.6, 6.4.12)."""
    y = x + 3.0
    inverse = 1.0 / (y * y)
    series = 1.0 / y + inverse / 2 + inverse / y * (1 / 6 - inverse * (1 / 30 - inverse / 42))
    return np.asarray(series + 1.0 / x**2 + 1.0 / (x + 1.0) ** 2 + 1.0 / (x + 2.0) ** 2)
