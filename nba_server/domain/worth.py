"""What every action weighs in the priority whoever asks: value and lever within their bounds, with their logarithms.

Worked out once when the catalogue is built. Logarithms are those of the C library, element by element: the array library's differ
from processor to processor, and a decision must come out the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FACTOR_MIN, FACTOR_MAX = 0.1, 10.0
VALUE_FLOOR = 0.01
"""What mandatory, service and fallback actions are worth at least; the others must be worth more than nothing."""


@dataclass(frozen=True, slots=True)
class Worth:
    """One entry an action, in catalogue order."""

    values: Floats
    levers: Floats
    log_values: Floats
    log_levers: Floats

    @classmethod
    def of(cls, values: Floats, levers: Floats) -> Worth:
        """Of the values and levers as the catalogue has them."""
        values, levers = np.maximum(values, VALUE_FLOOR), np.clip(levers, FACTOR_MIN, FACTOR_MAX)
        found = cls(values, levers, logarithms(values), logarithms(levers))
        for column in (found.values, found.levers, found.log_values, found.log_levers):
            column.setflags(write=False)
        return found


def logarithms(values: Floats) -> Floats:
    """The natural logarithm of each; NaN stays. All must be above zero."""
    return np.fromiter(map(math.log, values.tolist()), dtype=np.float64, count=len(values))


def mean(values: Floats) -> float:
    """Added from the first to the last: the array library's own order depends on how many there are. NaN of none."""
    return float(np.add.accumulate(values)[-1]) / len(values) if len(values) else math.nan


def product(factors: Iterable[Floats]) -> Floats:
    """Row by row, from the first factor to the last."""
    first, *others = factors
    found = first.copy()
    for other in others:
        found *= other
    return found
