"""A small model for the tests of this room: random facts with holes, a definition, and a sealed artifact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import lightgbm as lgb
import numpy as np

from nba_models import artifact, definition_file
from nba_models.artifact import Manifest
from nba_models.calibration import fit_sigmoid
from nba_models.canary_rows import choose
from nba_models.encoder import learn
from nba_models.features import FeatureLayout, Floats, Scalar
from nba_models.scorer import Background, LoadedModel

DEFINITION = definition_file.parse(
    """
model: small
title: For tests
features:
  - {name: request.channel, kind: category, scope: shared}
  - {name: customer.age, kind: number, scope: shared}
  - {name: action.id, kind: category, scope: pair}
  - {name: action.value, kind: number, scope: pair}
  - {name: history.presented_30d, kind: number, scope: pair}
parameters: {num_leaves: 7, min_data_in_leaf: 5}
"""
)
ACTIONS = ("alpha", "beta", "gamma", "delta")


@dataclass(frozen=True, slots=True)
class FactCase:
    """A case as the domain makes them."""

    shared: Mapping[str, Scalar]
    pairs: Sequence[Mapping[str, Scalar]]
    prior: Floats
    evidence: Floats


def random_case(rng: np.random.Generator, count: int = 4) -> FactCase:
    """Random facts; each is missing with a chance of 0.2."""

    def some(facts: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in facts.items() if rng.random() > 0.2}

    shared = some({"request.channel": str(rng.choice(["web", "call", "é"])), "customer.age": int(rng.integers(18, 90))})
    pairs = [
        {"action.id": ACTIONS[place % len(ACTIONS)]}
        | some({"action.value": float(rng.random()), "history.presented_30d": int(rng.integers(0, 5))})
        for place in range(count)
    ]
    return FactCase(shared, pairs, rng.uniform(0.01, 0.2, count), rng.uniform(1, 100, count))


@cache
def sealed(seed: int = 1, text: str = DEFINITION.text) -> tuple[str, dict[str, bytes]]:
    """(version, files) of a model of this definition on 800 random rows. `delta` was never tried."""
    definition = definition_file.parse(text)
    rng = np.random.default_rng(seed)
    layout = FeatureLayout(definition)
    cases = [random_case(rng, 3) for _ in range(270)]
    table = layout.table([layout.read(case) for case in cases], [3] * len(cases))
    encoder = learn(layout, table, min_rows=10, max_words=10)
    matrix = encoder.matrix(table)
    age = np.nan_to_num(matrix[:, 0], nan=50.0)
    labels = rng.random(len(table)) < 0.1 + 0.006 * (age - 18) * (matrix[:, 4] == 0)
    train = lgb.Dataset(matrix, labels.astype(float), categorical_feature=encoder.categorical, params={"verbosity": -1})
    options = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "num_leaves": 7}
    booster = lgb.train(options, train, 30)
    files = {
        artifact.MODEL: booster.model_to_string().encode(),
        artifact.CALIBRATION: fit_sigmoid(booster.predict(matrix, raw_score=True), labels).to_json(),
        artifact.ENCODER: encoder.to_json(),
        artifact.DEFINITION: definition.text.encode(),
    }
    trials = {name: (270, int(labels[place::3].sum())) for place, name in enumerate(ACTIONS[:3])}
    manifest = Manifest(
        "small", definition.hash, 1_767_225_600_000 + seed, 7, 0, 1, {}, trials, {"things": 810}, {"auc": 0.7}
    )
    model = LoadedModel("small", manifest, files)
    actions = [ACTIONS[place % 3] for place in range(len(table))]
    prior, evidence = rng.uniform(0.01, 0.2, len(table)), rng.uniform(1, 100, len(table))
    canary = choose(model, table, Background(actions, ["things"] * len(table), prior, evidence))
    return artifact.seal(manifest, {**files, artifact.CANARY: canary.to_json()})
