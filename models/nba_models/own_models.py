"""Models of single actions or groups, beside the one that all share: trees of their own for those with enough positive answers.

They read the shared encoder's matrix; whoever has no model of its own gets the shared one's word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_models import calibration
from nba_models.calibration import Calibration
from nba_models.definition import ModelDefinition, ModelScope
from nba_models.features import Floats


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One action's or group's: LightGBM trees and what makes their scores probabilities."""

    booster: Any
    calibration: Calibration

    def propensity(self, matrix: Floats) -> Floats:
        """The calibrated prediction of each row."""
        raw = self.booster.predict(matrix, raw_score=True, num_threads=1)
        return self.calibration(np.asarray(raw, dtype=np.float64))

    def contributions(self, matrix: Floats) -> Floats:
        """TreeSHAP of each row in log odds, the mean last."""
        return np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=1), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class OwnModels:
    """All of one artifact, by action or group."""

    per: ModelScope
    models: Mapping[str, OwnModel]

    def fits(self, definition: ModelDefinition, columns: int) -> bool:
        """Whether they are of the kind that the definition asks for, on the encoder's columns."""
        of_columns = all(model.booster.num_feature() == columns for model in self.models.values())
        return self.per is definition.models.per and of_columns and bool(self.models)

    def predictions(self, shared: Floats, names: Sequence[str], matrix: Floats) -> Floats:
        """The shared predictions, replaced where there is a model of one's own."""
        return self._replaced(shared, names, matrix, OwnModel.propensity)

    def contributions(self, shared: Floats, names: Sequence[str], matrix: Floats) -> Floats:
        """The same for contributions."""
        return self._replaced(shared, names, matrix, OwnModel.contributions)

    def gains(self) -> Floats:
        """Total gain of all splits by column of the matrix."""
        found = [model.booster.feature_importance(importance_type="gain") for model in self.models.values()]
        return np.asarray(np.sum(found, axis=0), dtype=np.float64)

    def _replaced(
        self, shared: Floats, names: Sequence[str], matrix: Floats, of: Callable[[OwnModel, Floats], Floats]
    ) -> Floats:
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            if name in self.models:
                places.setdefault(name, []).append(place)
        found = shared.copy()
        for name, rows in places.items():
            found[rows] = of(self.models[name], matrix[rows])
        return found

    def to_json(self) -> bytes:
        """The form that the artifact keeps."""
        models = {
            name: {"trees": model.booster.model_to_string(), "calibration": json.loads(model.calibration.to_json())}
            for name, model in self.models.items()
        }
        return json.dumps({"per": self.per.value, "models": models}, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, payload: bytes, booster: Callable[[str], Any]) -> OwnModels:
        """Reads `to_json`; `booster` makes trees of their text. Raises as calibration.from_json, and `AttributeError`."""
        data = json.loads(payload)
        models = {
            str(name): OwnModel(booster(item["trees"]), calibration.from_json(json.dumps(item["calibration"]).encode()))
            for name, item in data["models"].items()
        }
        return cls(ModelScope(data["per"]), models)
