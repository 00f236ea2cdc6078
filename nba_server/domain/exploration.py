"""Epsilon exploration with exact probabilities.

With chance epsilon any of the k candidates is picked uniformly, else one of the m that tie for the best:
p = (1 - epsilon) / m [if best] + epsilon / k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TIE = 1e-12
"""Log priorities this close are equal: far below any meaning, above the rounding of four logarithms."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A pick: its index, its exact chance, and whether it was shown to learn instead of for its priority."""

    index: int
    probability: float
    explored: bool


def best(log_priority: Floats) -> npt.NDArray[np.bool_]:
    """Which candidates tie for the best. At least one candidate is needed."""
    return np.asarray(log_priority >= log_priority.max() - TIE)


def pick_probabilities(log_priority: Floats, epsilon: float) -> Floats:
    """The chance of each candidate; sums to 1."""
    top = best(log_priority)
    return np.asarray(top * ((1.0 - epsilon) / np.count_nonzero(top)) + epsilon / len(log_priority))


def draw(log_priority: Floats, epsilon: float, explore: float, choose: float) -> Draw:
    """Picks with two uniform numbers: whether to explore, and which of the equals."""
    top = best(log_priority)
    size = len(log_priority)
    if explore < epsilon:
        index = min(int(choose * size), size - 1)
    else:
        ties = np.flatnonzero(top)
        index = int(ties[min(int(choose * len(ties)), len(ties) - 1)])
    probability = float(top[index] * ((1.0 - epsilon) / np.count_nonzero(top)) + epsilon / size)
    return Draw(index, probability, bool(explore < epsilon and not top[index]))
