"""How good probabilities are on rows that the model has not seen: ranking, log loss, Brier score, calibration.

Plain numbers from plain arrays; which rows these are is split.py's affair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nba_models.calibration import Labels
from nba_models.features import Floats

_BINS = 10


@dataclass(frozen=True, slots=True)
class Metrics:
    """Of one scorer on one set of rows. `calibration_error` is the mean gap between claimed and observed rates over
    ten equally large bins, weighted by rows. AUC is NaN with one label only.
    """

    rows: int
    positives: int
    base_rate: float
    mean_propensity: float
    auc: float
    log_loss: float
    brier: float
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of similar propensity: how many, what was claimed on average, what was observed."""

    rows: int
    claimed: float
    observed: float


def measure(propensity: Floats, positive: Labels) -> Metrics:
    """All metrics. Needs at least one row."""
    return Metrics(
        rows=len(positive),
        positives=int(np.count_nonzero(positive)),
        base_rate=float(positive.mean()),
        mean_propensity=float(propensity.mean()),
        auc=auc(propensity, positive),
        log_loss=log_loss(propensity, positive),
        brier=float(np.mean((propensity - positive) ** 2)),
        calibration_error=calibration_error(calibration_curve(propensity, positive)),
    )


def losses(propensity: Floats, positive: Labels) -> Floats:
    """Log loss of each row, in nats."""
    p = np.clip(propensity, 1e-12, 1 - 1e-12)
    found: Floats = -np.where(positive, np.log(p), np.log1p(-p))
    return found


def log_loss(propensity: Floats, positive: Labels) -> float:
    """Mean log loss, in nats."""
    return float(losses(propensity, positive).mean())


def auc(propensity: Floats, positive: Labels) -> float:
    """The chance that a positive row ranks above a negative one, ties counting half (Mann-Whitney). NaN with one label."""
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(propensity, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_curve(propensity: Floats, positive: Labels, bins: int = _BINS) -> tuple[Bin, ...]:
    """Bins of equally many rows by propensity, lowest first."""
    order = np.argsort(propensity, kind="stable")
    return tuple(
        Bin(len(part), float(propensity[part].mean()), float(positive[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    )


def calibration_error(curve: tuple[Bin, ...]) -> float:
    """Mean gap between claimed and observed, weighted by rows."""
    rows = sum(part.rows for part in curve)
    return sum(part.rows * abs(part.claimed - part.observed) for part in curve) / rows if rows else float("nan")
