"""The benchmark's model: 100 trees of 31 leaves over 30 features, grown on made-up rows and sealed like a trained one."""

from __future__ import annotations

from functools import lru_cache

import lightgbm as lgb
import numpy as np

from nba_models import artifact
from nba_models.artifact import Manifest
from nba_models.calibration import fit_sigmoid
from nba_models.canary_rows import choose
from nba_models.encoder import Encoder
from nba_models.features import FeatureLayout, Floats, RawTable
from nba_models.scorer import Background, LoadedModel
from nba_server.bench.scenario import GROUPS, WORD_KINDS, definition

TREES, LEAVES, ROWS = 100, 31, 20_000
MOST_NAMED = 250
"""So many actions have a word of their own in the model."""
CREATED_MS = 1_767_225_600_000


def sealed(actions: int, seed: int = 7) -> tuple[str, dict[str, bytes]]:
    """(version, files), grown once a process. The labels depend on numbers, words and actions, so that all are split on."""
    return _sealed(min(actions, MOST_NAMED), seed)


@lru_cache
def _sealed(actions: int, seed: int) -> tuple[str, dict[str, bytes]]:
    rng = np.random.default_rng(seed)
    wanted = definition()
    layout = FeatureLayout(wanted)
    encoder = Encoder(layout.numbers, layout.categories, tuple(_words(name, actions) for name in layout.categories))
    table = _rows(rng, layout, encoder)
    matrix = encoder.matrix(table)
    labels = rng.random(ROWS) < _chance(rng, matrix)
    train = lgb.Dataset(matrix, labels.astype(float), categorical_feature=encoder.categorical, params={"verbosity": -1})
    options = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "num_leaves": LEAVES}
    booster = lgb.train(options | {"min_data_in_leaf": 20, "seed": seed}, train, TREES)
    files = {
        artifact.MODEL: booster.model_to_string().encode(),
        artifact.CALIBRATION: fit_sigmoid(np.asarray(booster.predict(matrix, raw_score=True)), labels).to_json(),
        artifact.ENCODER: encoder.to_json(),
        artifact.DEFINITION: wanted.text.encode(),
    }
    named = table.texts[layout.categories.index("action.id")]
    evidence = dict.fromkeys(encoder.vocabularies[layout.categories.index("action.id")], (500, 50))
    manifest = Manifest("bench", wanted.hash, CREATED_MS, 0, 0, 1, {}, evidence, {}, {})
    model = LoadedModel("bench", manifest, files)
    background = Background(named, ["group-00"] * ROWS, np.full(ROWS, 0.1), np.full(ROWS, 100.0))
    canary = choose(model, table, background)
    return artifact.seal(manifest, {**files, artifact.CANARY: canary.to_json()})


def _words(name: str, actions: int) -> tuple[str, ...]:
    if name == "action.id":
        return tuple(f"action-{number:05d}" for number in range(actions))
    if name == "action.group":
        return tuple(f"group-{number:02d}" for number in range(GROUPS))
    if name == "request.channel":
        return ("web",)
    return tuple(f"word-{number}" for number in range(WORD_KINDS))


def _rows(rng: np.random.Generator, layout: FeatureLayout, encoder: Encoder) -> RawTable:
    numbers = rng.random((ROWS, len(layout.numbers))) * 100.0
    texts = tuple([words[place] for place in rng.integers(len(words), size=ROWS)] for words in encoder.vocabularies)
    return RawTable(numbers, texts)


def _chance(rng: np.random.Generator, matrix: Floats) -> Floats:
    weights = rng.normal(size=matrix.shape[1])
    score = np.sin(matrix / 7.0) @ weights
    return np.asarray(0.5 / (1.0 + np.exp(-score / 3.0)))
