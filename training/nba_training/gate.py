"""The gate: publishes a challenger only when it is sound and better than the live model on rows later than any it learned from.

Every check says what was found and what was wanted, in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nba_models.calibration import Labels
from nba_models.definition import Gates
from nba_models.features import Floats
from nba_training.dataset import Integers
from nba_training.evaluate import Metrics, losses
from nba_training.ope.estimators import Terms
from nba_training.ope.intervals import Estimate, bootstrap_difference
from nba_training.split import Parts

_BOOTSTRAP_CUSTOMERS = 20_000
"""With more customers than this the influence function's interval is used: equal, and a thousand times cheaper."""

_TAIL_DRAWS = 10
"""A bound needs as many bootstrap draws beyond it; further out the normal tail is the better answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: its name, whether it holds, what was found and what was wanted."""

    name: str
    passed: bool
    found: str
    wanted: str

    def __str__(self) -> str:
        return f"{self.name}: {self.found}, wanted {self.wanted}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether all checks hold."""
        return all(check.passed for check in self.checks)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The checks that do not hold, in words."""
        return tuple(str(check) for check in self.checks if not check.passed)


def enough(parts: Parts, gates: Gates) -> Verdict:
    """Whether there is enough to learn from and to compare on; asked before the fit."""
    rows = len(parts.fit) + len(parts.calibrate) + len(parts.test)
    learned = [int(np.count_nonzero(part.positive)) for part in (parts.fit, parts.calibrate)]
    tested = int(np.count_nonzero(parts.test.positive))
    mixed = all(0 < np.count_nonzero(part.positive) < len(part) for part in (parts.fit, parts.calibrate, parts.test))
    return Verdict(
        (
            _at_least("rows", rows, gates.min_rows),
            _at_least("positives to learn from", sum(learned), gates.min_positives),
            _at_least("positives to compare on", tested, gates.min_test_positives),
            Check("both labels in each part", mixed, "yes" if mixed else "no", "yes"),
        )
    )


def sound(challenger: Metrics, live: Metrics, base: Metrics, gates: Gates) -> tuple[Check, ...]:
    """Checks of the challenger's quality on the test rows. `base` predicts the base rate of the rows it learned from.

    Claims may be off by the gate's error, or by no more than those that serve now: refusing would keep the worse ones.
    """
    return (
        Check(
            "AUC",
            gates.auc_low <= challenger.auc <= gates.auc_high,
            f"{challenger.auc:.4f}",
            f"{gates.auc_low:g} to {gates.auc_high:g} (above it, suspect a leak)",
        ),
        Check(
            "calibration error",
            challenger.calibration_error <= max(gates.calibration_error, live.calibration_error),
            f"{challenger.calibration_error:.4f}",
            f"at most {gates.calibration_error:g}, or the live model's {live.calibration_error:.4f}",
        ),
        Check(
            "log loss against the base rate",
            challenger.log_loss < base.log_loss,
            f"{challenger.log_loss:.5f}",
            f"below {base.log_loss:.5f}",
        ),
    )


def better(gain: Estimate, confidence: float, name: str) -> Check:
    """Whether the gain over the live model is above zero beyond chance."""
    return Check(
        f"gain over {name}",
        gain.low > 0,
        f"{gain.value:.5f} nats a contact, {confidence:.6g} lower bound {gain.low:.5f}",
        "a lower bound above 0",
    )


def gain_over(
    live: Floats,
    challenger: Floats,
    positive: Labels,
    customer: Integers,
    gates: Gates,
    seed: int,
    confidence: float | None = None,
) -> Estimate:
    """Log loss of the live model minus that of the challenger, with its interval; rows of a customer stay together.

    `low` is the one-sided lower bound at `confidence` (None: the gates').
    """
    ones = np.ones(len(positive))
    first, second = losses(live, positive), losses(challenger, positive)
    confidence = gates.confidence if confidence is None else confidence
    level = 2 * confidence - 1
    if len(np.unique(customer)) <= _BOOTSTRAP_CUSTOMERS and (1.0 - confidence) * gates.draws >= _TAIL_DRAWS:
        return bootstrap_difference(
            Terms(first, ones), Terms(second, ones), customer, seed=seed, draws=gates.draws, level=level
        )
    return influence_interval(first - second, customer, level)


def influence_interval(difference: Floats, customer: Integers, level: float) -> Estimate:
    """Normal interval of a mean over rows that cluster by customer (the linearised ratio's variance)."""
    value = float(difference.mean())
    _, inverse = np.unique(customer, return_inverse=True)
    totals = np.bincount(inverse, difference - value)
    error = float(np.sqrt(np.sum(totals * totals))) / len(difference)
    reach = NormalDist().inv_cdf(0.5 + level / 2) * error
    return Estimate(value, value - reach, value + reach)


def _at_least(name: str, found: int, wanted: int) -> Check:
    return Check(name, found >= wanted, f"{found:,}", f"at least {wanted:,}")
