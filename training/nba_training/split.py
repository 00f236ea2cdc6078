"""The split by time: fit on the oldest rows, calibrate on later ones, test on the latest; and by customer where asked for.

No row whose label was not yet known when the test begins is learned from: nothing of the test's time leaks into the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_models.definition import Split
from nba_training.dataset import Dataset, Integers


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts, in time order, and the first time of `calibrate` and `test`.

    `purged` counts rows before the test whose response window reaches into it.
    """

    fit: Dataset
    calibrate: Dataset
    test: Dataset
    calibrate_ms: int
    test_ms: int
    purged: int

    @property
    def unseen(self) -> npt.NDArray[np.bool_]:
        """Rows of the test whose customer is in none of the other parts."""
        learned = np.concatenate([self.fit.customer, self.calibrate.customer])
        return ~np.isin(self.test.customer, learned)


def by_time(dataset: Dataset, split: Split) -> Parts:
    """Splits rows that are in time order. Rows of one time stay together, so a share may be a little off.

    Rows of held-out customers before the test are in no part.
    """
    test_ms = _cut(dataset.at_ms, split.test)
    early = np.flatnonzero(dataset.at_ms < test_ms)
    mature = early[dataset.known_ms[early] <= test_ms]
    known = mature[~held_out(dataset.customer[mature], split.customers)]
    share = split.calibrate / (1.0 - split.test)
    calibrate_ms = _cut(dataset.at_ms[known], share)
    return Parts(
        fit=dataset.take(known[dataset.at_ms[known] < calibrate_ms]),
        calibrate=dataset.take(known[dataset.at_ms[known] >= calibrate_ms]),
        test=dataset.take(np.flatnonzero(dataset.at_ms >= test_ms)),
        calibrate_ms=calibrate_ms,
        test_ms=test_ms,
        purged=len(early) - len(mature),
    )


def held_out(customer: Integers, share: float) -> npt.NDArray[np.bool_]:
    """Which rows are of the customers that nothing is learned from: a keyed reference is a hash already, mixed once more."""
    mixed = customer.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth)
    return np.asarray((mixed >> np.uint64(44)) < np.uint64(round(share * (1 << 20))))


def _cut(at_ms: Integers, share: float) -> int:
    """The time from which on the rows are closest to `share` of all; never the first time, unless there is only one."""
    if len(at_ms) == 0:
        return 0
    times, first = np.unique(at_ms, return_index=True)
    later = 1.0 - first / len(at_ms)
    candidates = np.abs(later - share)
    candidates[0] = np.inf if len(times) > 1 else 0.0
    return int(times[int(np.argmin(candidates))])
