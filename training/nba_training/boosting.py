"""Grows the trees: LightGBM on a matrix of rows, ended early by the loss on later ones. Equal input, equal trees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np

from nba_models.calibration import Labels
from nba_models.definition import ModelDefinition
from nba_models.encoder import Encoder
from nba_models.features import FeatureLayout, Floats
from nba_training.dataset import Dataset
from nba_training.evaluate import log_loss
from nba_training.source import Silent, Watch

Parameters = Mapping[str, float | int | str | bool]

_ONE_THREAD_ROWS = 50_000
"""Below this many rows threads cost more than they give; above it LightGBM takes all cores. The trees are the same."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Rows as the trees see them: (rows, columns of the encoder), and their labels."""

    matrix: Floats
    positive: Labels

    def __len__(self) -> int:
        return len(self.positive)


def encoded(encoder: Encoder, layout: FeatureLayout, rows: Dataset) -> Encoded:
    """The rows of a dataset."""
    return Encoded(encoder.matrix(rows.columns(layout)), rows.positive)


def grow(
    definition: ModelDefinition,
    encoder: Encoder,
    train: Encoded,
    later: Encoded,
    *,
    parameters: Parameters | None = None,
    weights: Floats | None = None,
    watch: Watch | None = None,
) -> Any:
    """A booster. `parameters` stand in for some of the definition's."""
    watch = watch or Silent()
    data = lgb.Dataset(
        train.matrix,
        label=train.positive.astype(np.float64),
        weight=weights,
        feature_name=[name.replace(".", "_") for name in encoder.names],
        categorical_feature=encoder.categorical,
        params={"verbosity": -1},
    )
    valid = lgb.Dataset(later.matrix, label=later.positive.astype(np.float64), reference=data)

    def told(environment: Any) -> None:
        watch.advance(environment.iteration + 1)

    return lgb.train(
        {**options(definition, encoder, len(train)), **(parameters or {})},
        data,
        num_boost_round=definition.fit.rounds,
        valid_sets=[valid],
        callbacks=[lgb.early_stopping(definition.fit.patience, verbose=False), told],
    )


def options(definition: ModelDefinition, encoder: Encoder, rows: int) -> dict[str, Any]:
    """LightGBM's parameters: the definition's, and what is ours to say."""
    found: dict[str, Any] = {
        **definition.parameters,
        "objective": "binary",
        "metric": "binary_logloss",
        "seed": definition.fit.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1 if rows < _ONE_THREAD_ROWS else 0,
        "verbosity": -1,
    }
    rising = {feature.name: feature.monotone for feature in definition.features}
    if any(rising.values()):
        found["monotone_constraints"] = [rising.get(name, 0) for name in encoder.names]
    return found


def later_loss(booster: Any) -> float:
    """The log loss on the later rows, of as many trees as were kept."""
    return float(booster.best_score["valid_0"]["binary_logloss"])


def loss_of(booster: Any, later: Encoded) -> float:
    """The log loss of any booster on rows."""
    raw = np.asarray(booster.predict(later.matrix, raw_score=True, num_threads=1), dtype=np.float64)
    return log_loss(1.0 / (1.0 + np.exp(-np.clip(raw, -35, 35))), later.positive)
