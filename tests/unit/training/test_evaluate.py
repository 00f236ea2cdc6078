"""The numbers of the comparison against definitions that are slow but plain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nba_training.evaluate import auc, calibration_curve, measure
from nba_training.gate import gain_over, influence_interval
from nba_training.ope.intervals import Estimate
from tests.unit.training.world import DEFINITION


def _scored(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    propensity = np.round(rng.beta(2, 8, rows), 2).clip(0.01, 0.99)
    return propensity, rng.random(rows) < propensity


@pytest.mark.parametrize("seed", range(4))
def test_auc_is_the_share_of_pairs_in_order(seed: int) -> None:
    """AUC equals the count over all pairs, ties counting half."""
    propensity, positive = _scored(200, seed)
    pairs = [
        1.0 if yes > no else 0.5 if yes == no else 0.0 for yes in propensity[positive] for no in propensity[~positive]
    ]
    assert auc(propensity, positive) == pytest.approx(np.mean(pairs), rel=1e-12)


def test_auc_of_one_label_does_not_exist() -> None:
    """Without positives there is no ranking to judge."""
    assert math.isnan(auc(np.array([0.1, 0.2]), np.array([False, False])))


def test_true_probabilities_are_calibrated_and_false_ones_are_not() -> None:
    """Rows drawn from their own propensities have nearly no calibration error; doubled ones are off by the base rate."""
    propensity, positive = _scored(50_000, 1)
    assert measure(propensity, positive).calibration_error < 0.01
    doubled = measure(np.clip(2 * propensity, 0, 0.99), positive)
    assert doubled.calibration_error == pytest.approx(0.2, abs=0.02)
    assert sum(part.rows for part in calibration_curve(propensity, positive)) == 50_000


def test_log_loss_and_brier_are_what_they_say() -> None:
    """Two rows by hand."""
    found = measure(np.array([0.8, 0.4]), np.array([True, False]))
    assert found.log_loss == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
    assert found.brier == pytest.approx((0.04 + 0.16) / 2)


def test_gain_is_the_difference_of_log_losses_with_customers_kept_together() -> None:
    """The point is the plain difference; the bootstrap's interval and the influence function's agree."""
    propensity, positive = _scored(6_000, 2)
    worse = np.clip(propensity * 1.3, 0.01, 0.99)
    customer = np.repeat(np.arange(2_000), 3)
    gain = gain_over(worse, propensity, positive, customer, DEFINITION.gates, seed=1)
    assert gain.value == pytest.approx(measure(worse, positive).log_loss - measure(propensity, positive).log_loss)
    difference = -np.where(positive, np.log(worse), np.log1p(-worse))
    difference += np.where(positive, np.log(propensity), np.log1p(-propensity))
    smooth = influence_interval(difference, customer, 2 * DEFINITION.gates.confidence - 1)
    assert isinstance(smooth, Estimate)
    assert smooth.low == pytest.approx(gain.low, abs=0.15 * (gain.high - gain.low))
    assert smooth.high == pytest.approx(gain.high, abs=0.15 * (gain.high - gain.low))
