"""Chooses the hyper-parameters of Switch-DR and DRos by a bound on their mean squared error: variance + bias bound squared.

The bias is the mean of (w - w') (r - q). Two bounds hold, and the smaller one counts: its sample mean with Bernstein's deviation
(Su, Dimakopoulou, Krishnamurthy, Dudik 2020), and the policy's mass on what is cut times the largest residual (Wang, Agarwal,
Dudik 2017), which needs the logged chance of every candidate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from nba_training.ope.estimators import Terms, shrunk_doubly_robust, switch_doubly_robust
from nba_training.ope.log import Floats, LoggedFeedback

DELTA = 0.05
_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)


def switch_tau(log: LoggedFeedback, q: Floats, logged: Floats | None = None) -> float:
    """The threshold among quantiles of the positive weights and infinity (which is plain DR). `logged` (n, k) may have NaN."""
    weights = log.weights
    positive = weights[weights > 0]
    grid = [*(float(v) for v in np.quantile(positive, _QUANTILES)), np.inf] if len(positive) else [np.inf]
    bound = _Bound(log, q, logged)
    return _best(grid, lambda tau: bound(switch_doubly_robust(log, q, tau=tau), lambda w: (w > tau).astype(np.float64)))


def shrinkage(log: LoggedFeedback, q: Floats, logged: Floats | None = None) -> float:
    """The lambda of DRos among powers of ten around the mean squared weight."""
    scale = max(1.0, float((log.weights**2).mean()))
    grid = [scale * 10.0**power for power in range(-4, 6)]
    bound = _Bound(log, q, logged)
    return _best(grid, lambda lam: bound(shrunk_doubly_robust(log, q, lam=lam), lambda w: w**2 / (w**2 + lam)))


def _best(grid: Sequence[float], bound: Callable[[float], float]) -> float:
    return float(grid[int(np.argmin([bound(value) for value in grid]))])


class _Bound:
    """The bound for one log: of an estimate, and the share of each weight that it cuts away."""

    def __init__(self, log: LoggedFeedback, q: Floats, logged: Floats | None) -> None:
        self._weights = log.weights
        self._residual = log.reward - q[np.arange(len(log.action)), log.action]
        self._policy = log.policy
        self._all: Floats | None = None
        if logged is not None and not np.isnan(logged[log.policy > 0]).any():
            whole = np.zeros_like(log.policy)
            with np.errstate(divide="ignore"):
                np.divide(log.policy, logged, out=whole, where=log.policy > 0)
            self._all = np.minimum(whole, 1e12)

    def __call__(self, terms: Terms, cut: Callable[[Floats], Floats]) -> float:
        """Variance of the mean + squared bound of the bias."""
        n = len(self._weights)
        if n < 2:
            return 0.0
        lost = self._weights * cut(self._weights) * self._residual
        bias = _by_sample(lost)
        if self._all is not None:
            mass = float((self._policy * cut(self._all)).sum(axis=1).mean())
            bias = min(bias, mass * float(np.abs(self._residual).max()))
        return float(terms.numerator.var(ddof=1) / n + bias**2)


def _by_sample(lost: Floats) -> float:
    n, tail = len(lost), math.log(2 / DELTA)
    deviation = math.sqrt(2 * float((lost**2).mean()) * tail / n) + 2 * float(np.abs(lost).max()) * tail / (3 * n)
    return abs(float(lost.mean())) + deviation
