"""What a positive answer is worth for this customer and action: predicted money, smoothed towards the catalogue's value.

It stands beside the propensity's trees and reads the same matrix. New actions start at the catalogue's value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_models.features import Floats

FEATURE = "action.value"
"""The fact that holds the catalogue's value."""


@dataclass(frozen=True, slots=True)
class ValueModel:
    """`booster` predicts the mean money of a positive answer, `scale` corrects it to what later rows earned.

    `positives` are the positive answers of each action that it learned from; `prior` is how many the catalogue's value weighs
    like: V = (prior x catalogue + positives x predicted) / (prior + positives).
    """

    booster: Any
    scale: float
    positives: Mapping[str, int]
    prior: float

    def values(self, matrix: Floats, actions: Sequence[str], catalogue: Floats) -> Floats:
        """V of each row; `catalogue` are the catalogue's values, NaN where there is none, and then V is too."""
        predicted = self.scale * np.asarray(self.booster.predict(matrix, num_threads=1), dtype=np.float64)
        known = np.array([float(self.positives.get(action, 0)) for action in actions])
        weight = self.prior + known
        share = np.divide(known, weight, out=np.zeros_like(known), where=weight > 0)
        return np.asarray((1.0 - share) * catalogue + share * predicted)

    def to_json(self) -> bytes:
        """The form that the artifact keeps."""
        data = {
            "trees": self.booster.model_to_string(),
            "scale": self.scale,
            "positives": dict(self.positives),
            "prior": self.prior,
        }
        return json.dumps(data, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, payload: bytes, booster: Callable[[str], Any]) -> ValueModel:
        """Reads `to_json`; `booster` makes trees of their text. Raises as `OwnModels.from_json`."""
        data = json.loads(payload)
        scale, prior = float(data["scale"]), float(data["prior"])
        if not (math.isfinite(scale) and scale > 0 and math.isfinite(prior) and prior >= 0):
            raise ValueError("the value model's scale and prior must be numbers that make sense")
        positives = {str(name): int(count) for name, count in data["positives"].items()}
        return cls(booster(data["trees"]), scale, positives, prior)
