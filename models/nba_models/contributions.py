"""What each feature of a logged decision added to a model's score: TreeSHAP on the logged columns in the model's layout.

Slow by the measure of a decision; nobody asks while deciding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nba_models.features import Columns, FeatureLayout, project
from nba_models.scorer import LoadedModel


@dataclass(frozen=True, slots=True)
class RowParts:
    """One row in log odds before calibration: `base` + all of `log_odds` = `raw`; `predicted` is the calibrated probability."""

    base: float
    log_odds: Mapping[str, float]
    raw: float
    predicted: float


class NotLogged(ValueError):
    """The logged columns lack features that the model reads."""


def row_parts(model: LoadedModel, logged: FeatureLayout, columns: Columns, rows: Sequence[int]) -> list[RowParts]:
    """The parts of some rows of a decision whose columns were logged in the layout `logged`.

    Raises `NotLogged` when the model read more than was logged, `ColumnsMismatch` for columns of another layout.
    """
    lacking = sorted({*model.layout.numbers, *model.layout.categories} - {*logged.numbers, *logged.categories})
    if lacking:
        raise NotLogged(f"the model also read {', '.join(lacking)}, which the decision did not log")
    if not rows:
        return []
    table = logged.table([logged.row(columns, row) for row in rows], [1] * len(rows))
    table = project(table, logged, model.layout)
    names = (*model.layout.numbers, *model.layout.categories)
    found, predicted = model.contributions(table), model.model_propensity(table)
    return [
        RowParts(float(row[-1]), dict(zip(names, row[:-1].tolist(), strict=True)), float(np.sum(row)), float(chance))
        for row, chance in zip(found, predicted, strict=True)
    ]
