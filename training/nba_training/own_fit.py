"""Fits models of single actions or groups where the definition asks for them, each on its own rows only.

Who has too few rows has none: the shared model speaks, or the prior of the action, as the definition says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nba_models.calibration import Calibration, Labels
from nba_models.definition import Fallback, ModelDefinition, ModelScope
from nba_models.encoder import Encoder
from nba_models.features import Floats
from nba_models.own_models import OwnModel, OwnModels
from nba_training.boosting import Encoded, Parameters, grow
from nba_training.dataset import Dataset
from nba_training.source import Silent, Watch
from nba_training.split import Parts

Calibrate = Callable[[Floats, Labels], Calibration]
_LATER = 5
"""Of its later rows a model needs a fifth of the positives that it needs to be fitted."""


def own_models(
    definition: ModelDefinition,
    encoder: Encoder,
    parts: Parts,
    encodings: tuple[Encoded, Encoded],
    calibrate: Calibrate,
    *,
    parameters: Parameters | None = None,
    watch: Watch | None = None,
) -> OwnModels | None:
    """Models by action or group; None where the definition wants none, or nobody has enough. `encodings`: fit on, later."""
    per, least = definition.models.per, definition.models.min_positives
    if per is ModelScope.ALL:
        return None
    train, later = encodings
    of_fit, of_later = names(parts.fit, per), names(parts.calibrate, per)
    watch = watch or Silent()
    watch.step(f"Fitting by {per}")
    found: dict[str, OwnModel] = {}
    for done, name in enumerate(sorted(set(of_fit)), start=1):
        mine, judge = _rows(train, of_fit, name), _rows(later, of_later, name)
        if _least(mine) >= least and _least(judge) >= max(1, least // _LATER):
            booster = grow(definition, encoder, mine, judge, parameters=parameters)
            scores = np.asarray(booster.predict(judge.matrix, raw_score=True, num_threads=1), dtype=np.float64)
            found[name] = OwnModel(booster, calibrate(scores, judge.positive))
        watch.advance(done, name)
    return OwnModels(per, found) if found else None


def names(rows: Dataset, per: ModelScope) -> Sequence[str]:
    """What names the model of each row."""
    return rows.actions if per is ModelScope.ACTION else rows.groups


def leaned_on(
    definition: ModelDefinition,
    evidence: Mapping[str, tuple[int, int]],
    groups: Mapping[str, int],
    rows: Dataset,
    own: OwnModels | None,
) -> tuple[Mapping[str, tuple[int, int]], Mapping[str, int]]:
    """The evidence that smoothing leans on: with the fallback `prior` only that of what has a model of its own."""
    if definition.models.per is ModelScope.ALL or definition.models.fallback is Fallback.SHARED:
        return evidence, groups
    has = own.models if own is not None else {}
    if definition.models.per is ModelScope.ACTION:
        return {name: found for name, found in evidence.items() if name in has}, {}
    pairs = Counter(zip(rows.actions, rows.groups, strict=True))
    inside = {action for action, group in pairs if group in has}
    return (
        {name: found for name, found in evidence.items() if name in inside},
        {name: count for name, count in groups.items() if name in has},
    )


def _rows(of: Encoded, names: Sequence[str], name: str) -> Encoded:
    mine = np.array([found == name for found in names], dtype=np.bool_)
    return Encoded(of.matrix[mine], of.positive[mine])


def _least(rows: Encoded) -> int:
    """Rows of the rarer label."""
    positives = int(np.count_nonzero(rows.positive))
    return min(positives, len(rows) - positives)
