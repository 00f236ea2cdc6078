"""Estimators of a policy's value from logged feedback, as per-row terms whose mean (or ratio) is the estimate.

Formulas: Dudik, Langford, Li 2011 (DR); Swaminathan, Joachims 2015 (SNIPS); Wang, Agarwal, Dudik 2017 (Switch-DR); Su et al. 2020
(DRos). `q` is a reward model, (n, k), fitted on rows other than those it is used on (see `reward_model.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nba_training.ope.log import Floats, LoggedFeedback


@dataclass(frozen=True, slots=True)
class Terms:
    """An estimate as sum(numerator) / sum(denominator) over rows, so that one bootstrap serves every estimator."""

    numerator: Floats
    denominator: Floats

    @property
    def value(self) -> float:
        """The estimate; NaN when nothing supports it."""
        total = float(self.denominator.sum())
        return float(self.numerator.sum()) / total if total > 0 else float("nan")


def _mean(terms: Floats) -> Terms:
    return Terms(terms, np.ones_like(terms))


def ips(log: LoggedFeedback, *, clip: float = np.inf) -> Terms:
    """Inverse propensity scoring: unbiased, of high variance; clipping weights at `clip` trades bias for variance."""
    return _mean(np.minimum(log.weights, clip) * log.reward)


def snips(log: LoggedFeedback) -> Terms:
    """Self-normalised IPS: bounded by the rewards, consistent; the default for dashboards."""
    return Terms(log.weights * log.reward, log.weights)


def direct(log: LoggedFeedback, q: Floats) -> Terms:
    """Direct method: the reward model's expectation under the policy; as right as the model is.

    Rows are divided by their sum, so that rounded policies do not bias it.
    """
    return _mean((log.policy * q).sum(axis=1) / log.policy.sum(axis=1))


def _residual(log: LoggedFeedback, q: Floats) -> Floats:
    chosen: Floats = q[np.arange(len(log.action)), log.action]
    return log.reward - chosen


def doubly_robust(log: LoggedFeedback, q: Floats, *, clip: float = np.inf) -> Terms:
    """Doubly robust: consistent when either the probabilities or the reward model are right."""
    return _mean(direct(log, q).numerator + np.minimum(log.weights, clip) * _residual(log, q))


def self_normalised_doubly_robust(log: LoggedFeedback, q: Floats) -> Terms:
    """DR whose correction is divided by the mean weight."""
    weights = log.weights
    mean = weights.mean()
    return _mean(direct(log, q).numerator + weights * _residual(log, q) / (mean if mean > 0 else np.inf))


def switch_doubly_robust(log: LoggedFeedback, q: Floats, *, tau: float) -> Terms:
    """Switch-DR: no correction where the weight exceeds `tau`."""
    weights = log.weights
    return _mean(direct(log, q).numerator + np.where(weights <= tau, weights, 0.0) * _residual(log, q))


def shrunk_doubly_robust(log: LoggedFeedback, q: Floats, *, lam: float) -> Terms:
    """DR with optimistic shrinkage: weights lam * w / (w^2 + lam)."""
    weights = log.weights
    shrunk = np.zeros_like(weights) if lam == 0 else lam * weights / (weights**2 + lam)
    return _mean(direct(log, q).numerator + shrunk * _residual(log, q))


def replay(log: LoggedFeedback) -> Terms:
    """Keeps only rows whose logged action is the policy's most likely one: right for a uniform log, wasteful, a test oracle."""
    match = (log.policy.argmax(axis=1) == log.action).astype(np.float64)
    return Terms(match * log.reward, match)
