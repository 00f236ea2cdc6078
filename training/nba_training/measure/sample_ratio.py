"""Sample ratio mismatch: did the arms get the shares that they were promised? If not, believe nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

ALERT_P = 0.001


def sample_ratio(observed: Sequence[int], promised: Sequence[float]) -> tuple[float, float]:
    """Chi-square statistic and p value of the observed counts under the promised shares (any scale)."""
    counts = np.asarray(observed, dtype=np.float64)
    shares = np.asarray(promised, dtype=np.float64)
    expected = counts.sum() * shares / shares.sum()
    statistic = float(((counts - expected) ** 2 / expected).sum())
    return statistic, float(chi2.sf(statistic, len(counts) - 1))
