"""The logged feedback that estimators read, and the terms that every estimator is built from.

Words: `pick_probability` is the logging policy's chance of the logged action; `policy` holds the evaluated policy's chances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LoggedFeedback:
    """`n` logged decisions over `k` candidate actions.

    `action` is int (n,), indices into the k columns; `reward` (n,); `pick_probability` (n,) in (0, 1]; `policy` (n, k), the
    evaluated policy's probability of every candidate, 0 where the action was not a candidate; `customer` (n,) names
    the customer of each row for the bootstrap (empty: every row is a customer of its own).
    """

    action: npt.NDArray[np.int64]
    reward: Floats
    pick_probability: Floats
    policy: Floats
    customer: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.action)
        if not (len(self.reward) == len(self.pick_probability) == len(self.policy) == n):
            raise ValueError("action, reward, pick_probability and policy must have the same number of rows")
        if n and not (self.pick_probability.min() > 0 and self.pick_probability.max() <= 1 + 1e-9):
            raise ValueError("pick_probability must lie in (0, 1]: rows without a probability cannot be evaluated")

    @property
    def weights(self) -> Floats:
        """Importance weights w_i = policy(a_i | x_i) / pick_probability_i, shape (n,)."""
        chosen: Floats = self.policy[np.arange(len(self.action)), self.action]
        return chosen / self.pick_probability
