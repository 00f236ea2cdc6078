"""Scores by leaf masks are LightGBM's own, bit for bit."""

from __future__ import annotations

from typing import Any

import lightgbm as lgb
import numpy as np
import pytest

from nba_models.leaf_masks import LeafMasks
from nba_models.trees import read_trees

WIDTH, CATEGORIES = 8, (6, 7)


def rows(rng: np.random.Generator, count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Numbers with holes and zeros, and codes with unknown ones."""
    found = np.round(rng.normal(size=(count, WIDTH)), 1)
    found[rng.random(found.shape) < 0.15] = 0.0
    for place in CATEGORIES:
        found[:, place] = rng.integers(-1, 45, count)
    found[rng.random(found.shape) < 0.1] = np.nan
    return found


def grown(seed: int, **options: Any) -> lgb.Booster:
    """25 trees on random rows."""
    rng = np.random.default_rng(seed)
    values = rows(rng, 3000)
    values[:, list(CATEGORIES)] = np.where(values[:, list(CATEGORIES)] < 0, np.nan, values[:, list(CATEGORIES)])
    signal = np.nan_to_num(values[:, 0]) * np.nan_to_num(values[:, 1]) + np.sin(np.nan_to_num(values[:, 6]))
    labels = (rng.random(3000) < 1 / (1 + np.exp(-signal))).astype(float)
    data = lgb.Dataset(values, labels, categorical_feature=list(CATEGORIES), params={"verbosity": -1} | options)
    fixed = {"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5, "seed": seed}
    return lgb.train(fixed | options, data, 25)


@pytest.mark.parametrize(
    "options",
    [
        {"num_leaves": 31},
        {"num_leaves": 64, "cat_smooth": 0.1, "max_cat_to_onehot": 1},
        {"num_leaves": 15, "zero_as_missing": True},
        {"num_leaves": 15, "use_missing": False},
        {"num_leaves": 2, "min_gain_to_split": 5.0},
        {"num_leaves": 40, "max_depth": 40, "learning_rate": 0.7},
    ],
    ids=str,
)
def test_masks_give_the_bits_of_lightgbm(options: dict[str, Any]) -> None:
    """Whatever counts as missing, with categories, deep trees and stumps, features split up in any way."""
    booster = grown(3, **options)
    trees = read_trees(booster.model_to_string())
    assert trees is not None
    masks = LeafMasks(trees)
    values = rows(np.random.default_rng(4), 700)
    each = np.arange(700)
    parts = [(masks.splits(some).masks(values[:, some]), each) for some in ([0, 6, 2], [7, 1, 3, 4, 5])]
    expected = booster.predict(values, raw_score=True, num_threads=1)
    assert np.array_equal(masks.raw(parts), expected)
    alone = [masks.raw([(part, each[row : row + 1]) for part, _ in parts])[0] for row in range(50)]
    assert alone == expected[:50].tolist(), "a row alone is added up as it is among others"


def test_models_of_another_kind_are_left_to_lightgbm() -> None:
    """Random forests, linear leaves and several classes are not guessed at."""
    forest = grown(1, boosting="rf", bagging_freq=1, bagging_fraction=0.5)
    linear = grown(1, linear_tree=True)
    rng = np.random.default_rng(5)
    data = lgb.Dataset(rows(rng, 600), rng.integers(0, 3, 600), params={"verbosity": -1})
    classes = lgb.train({"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1}, data, 2)
    assert read_trees(forest.model_to_string()) is None
    assert read_trees(linear.model_to_string()) is None
    assert read_trees(classes.model_to_string()) is None


def test_more_leaves_than_bits_are_left_to_lightgbm() -> None:
    """A tree of 65 leaves does not fit 64 bits."""
    trees = read_trees(grown(2, num_leaves=100).model_to_string())
    assert trees is not None
    assert not LeafMasks.fit(trees)
