"""Can this log answer the question at all? Weights, support, effective sample size, and the refusal in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nba_training.ope.log import Floats, LoggedFeedback

ROUNDING = 1e-9
MIN_ESS = 200.0
MIN_ESS_SHARE = 0.01
WEIGHT_TOLERANCE_SE = 3.0


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """`ess` is Kish's effective sample size (sum w)^2 / sum w^2; `mean_weight` should be 1 within three standard errors;
    `unsupported` counts rows where the logged candidate set leaves policy mass on actions that the log could never show.
    """

    n: int
    ess: float
    max_weight: float
    mean_weight: float
    mean_weight_se: float
    unsupported: int


def diagnose(log: LoggedFeedback, *, unsupported: int = 0) -> Diagnostics:
    """Computes the diagnostics; `unsupported` is counted by whoever built the log, who knows the candidate sets."""
    return of_weights(log.weights, unsupported=unsupported)


def of_weights(weights: Floats, *, unsupported: int = 0) -> Diagnostics:
    """The diagnostics of importance weights."""
    n = len(weights)
    squares = float((weights**2).sum())
    return Diagnostics(
        n=n,
        ess=float(weights.sum()) ** 2 / squares if squares > 0 else 0.0,
        max_weight=float(weights.max()) if n else 0.0,
        mean_weight=float(weights.mean()) if n else 0.0,
        mean_weight_se=float(weights.std(ddof=1) / np.sqrt(n)) if n > 1 else float("inf"),
        unsupported=unsupported,
    )


def refusal(found: Diagnostics) -> str | None:
    """Why no estimate should be given, in words; None when the log can answer."""
    floor = max(MIN_ESS, MIN_ESS_SHARE * found.n)
    if found.ess < floor:
        return (
            f"effective sample size {found.ess:.0f} is below {floor:.0f}: the logged policy rarely did what the evaluated "
            f"policy would do ({found.n} rows, largest weight {found.max_weight:.1f}); log more exploration"
        )
    if found.unsupported:
        return (
            f"in {found.unsupported} decisions the evaluated policy puts probability on actions that the logging policy "
            "could never pick"
        )
    if abs(found.mean_weight - 1) > WEIGHT_TOLERANCE_SE * found.mean_weight_se + ROUNDING:
        return (
            f"the mean weight is {found.mean_weight:.3f} ± {found.mean_weight_se:.3f}, not 1: the logged pick probabilities "
            "are not those of the policy that logged"
        )
    return None
