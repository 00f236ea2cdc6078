"""Fits what a positive answer is worth: money of its conversions, by trees with the Tweedie loss (a mean, with many zeros).

Only rows with a positive answer are learned from: propensity times this is what showing the action earns.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from nba_models.definition import ModelDefinition
from nba_models.encoder import Encoder
from nba_models.features import Floats
from nba_models.scorer import LoadedModel
from nba_models.value_model import FEATURE, ValueModel
from nba_training.boosting import Encoded, Parameters, options
from nba_training.dataset import Dataset, Integers
from nba_training.gate import Check
from nba_training.split import Parts

_LATER = 5
"""Of its later rows a model needs a fifth of the conversions that it needs to be fitted."""

_BINS = 8


def value_model(
    definition: ModelDefinition,
    encoder: Encoder,
    parts: Parts,
    encodings: tuple[Encoded, Encoded],
    parameters: Parameters | None = None,
) -> ValueModel | None:
    """None where the definition wants none, or too few conversions said what they were worth."""
    least = definition.value.min_conversions
    if not least:
        return None
    (train, paid), (later, due) = (
        _positive(encoding, rows) for encoding, rows in zip(encodings, (parts.fit, parts.calibrate), strict=True)
    )
    if np.count_nonzero(paid) < least or np.count_nonzero(due) < max(1, least // _LATER):
        return None
    chosen = {**options(definition, encoder, len(paid)), **(parameters or {})}
    chosen |= {"objective": "tweedie", "metric": "tweedie", "tweedie_variance_power": 1.5}
    data = lgb.Dataset(train, paid, categorical_feature=encoder.categorical, params={"verbosity": -1})
    booster = lgb.train(
        chosen,
        data,
        num_boost_round=definition.fit.rounds,
        valid_sets=[lgb.Dataset(later, due, reference=data)],
        callbacks=[lgb.early_stopping(definition.fit.patience, verbose=False)],
    )
    claimed = float(np.mean(np.asarray(booster.predict(later, num_threads=1))))
    actions = Counter(name for name, yes in zip(parts.fit.actions, parts.fit.positive.tolist(), strict=True) if yes)
    return ValueModel(
        booster, float(due.mean()) / claimed, dict(sorted(actions.items())), definition.value.prior_positives
    )


@dataclass(frozen=True, slots=True)
class ValueFound:
    """On later rows with a positive answer: means and root mean squared errors of the model's and the catalogue's values.

    `calibration` has, by slices of the claim, rows, mean claim and mean money.
    """

    rows: int
    claimed: float
    observed: float
    error: float
    catalogue_error: float
    calibration: tuple[dict[str, float], ...]

    def report(self) -> dict[str, Any]:
        """For the report."""
        return {"value_model": asdict(self)}

    def check(self) -> Check:
        """Whether it is nearer to the money than what it stands in for."""
        return Check(
            "value of a positive answer",
            self.error <= self.catalogue_error,
            f"off by {self.error:.4g} (root mean square), claims {self.claimed:.4g} on average where {self.observed:.4g} came in",
            f"at most the catalogue's {self.catalogue_error:.4g}",
        )


def judge_values(model: LoadedModel, test: Dataset) -> ValueFound | None:
    """On the positive rows of the test; None for a model without values, and where there is nothing to compare."""
    rows = np.flatnonzero(test.positive).astype(np.int64)
    if not model.has_values or not len(rows):
        return None
    part = test.take(rows)
    table = part.columns(model.layout)
    claimed = model.values_of(table, part.actions)
    listed = table.numbers[:, model.layout.numbers.index(FEATURE)]
    known = np.flatnonzero(np.isfinite(claimed) & np.isfinite(listed))
    if not len(known):
        return None
    return _found(claimed[known], part.value[known], listed[known])


def _found(claimed: Floats, paid: Floats, listed: Floats) -> ValueFound:
    order = np.argsort(claimed, kind="stable")
    slices = [part for part in np.array_split(order, min(_BINS, len(order))) if len(part)]
    return ValueFound(
        rows=len(paid),
        claimed=float(claimed.mean()),
        observed=float(paid.mean()),
        error=float(np.sqrt(np.mean((claimed - paid) ** 2))),
        catalogue_error=float(np.sqrt(np.mean((listed - paid) ** 2))),
        calibration=tuple(_slice(claimed, paid, part) for part in slices),
    )


def _slice(claimed: Floats, paid: Floats, rows: Integers) -> dict[str, float]:
    return {
        "rows": float(len(rows)),
        "claimed": float(claimed[rows].mean()),
        "observed": float(paid[rows].mean()),
    }


def _positive(encoding: Encoded, rows: Dataset) -> tuple[Floats, Floats]:
    """The rows with a positive answer, and the money of each; what was taken back counts as nothing."""
    return encoding.matrix[rows.positive], np.maximum(rows.value[rows.positive], 0.0)
