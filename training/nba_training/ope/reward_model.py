"""The cross-fitted reward model: what each candidate would have earned, predicted by trees that never saw the customer.

Folds are by customer. LightGBM on the shared encoder; only the direct part of an estimate leans on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nba_models.encoder import learn
from nba_training.ope.choices import Choices, Integers
from nba_training.ope.log import Floats

_ROUNDS = 80
_MIN_WORD_ROWS = 5
_MAX_WORDS = 250


@dataclass(frozen=True, slots=True)
class RewardModelSettings:
    """`folds` models, each fitted on the customers of the other folds. `min_rows`: below it every candidate gets the mean.

    `tail`: rewards above this quantile of the positive ones are cut for the fit and their mean put back by a factor, so that
    one customer's fortune does not look like an action's merit.
    """

    folds: int = 5
    rounds: int = _ROUNDS
    leaves: int = 15
    min_rows: int = 200
    tail: float = 0.99
    seed: int = 20240229


def cross_fitted(choices: Choices, settings: RewardModelSettings | None = None) -> Floats:
    """q (n, k): the expected reward of each candidate; 0 in padding. Rows of one customer are in one fold."""
    settings = settings or RewardModelSettings()
    mean = float(choices.reward.mean()) if len(choices) else 0.0
    q = np.where(choices.present, mean, 0.0)
    if len(choices) < settings.min_rows or np.ptp(choices.reward) == 0:
        return q
    matrix, categorical = _matrix(choices)
    cells = np.argwhere(choices.present)
    chosen_row = _chosen_cells(choices)
    fold = folds(choices.customer, settings.folds, settings.seed)
    predicted = np.empty(len(cells))
    for number in range(settings.folds):
        inside = fold == number
        if not inside.any() or inside.all():
            return q
        model = _Fitted(matrix[chosen_row[~inside]], choices.reward[~inside], categorical, settings)
        rows = inside[cells[:, 0]]
        predicted[rows] = model.predict(matrix[rows])
    q[cells[:, 0], cells[:, 1]] = predicted
    return q


def folds(customer: Integers, count: int, seed: int) -> Integers:
    """A fold for each row, the same for all rows of a customer, of about equal numbers of customers."""
    known, inverse = np.unique(customer, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(known)) % count
    return np.asarray(order[inverse], dtype=np.int64)


class _Fitted:
    """One fold's model, in the reward's own scale."""

    def __init__(self, matrix: Floats, reward: Floats, categorical: list[int], settings: RewardModelSettings) -> None:
        import lightgbm as lgb

        positive = reward[reward > 0]
        cap = float(np.quantile(positive, settings.tail)) if len(positive) else float("inf")
        cut = np.minimum(reward, cap)
        self._factor = float(reward.mean() / cut.mean()) if cut.mean() > 0 else 1.0
        options = {
            "objective": "regression",
            "num_leaves": settings.leaves,
            "learning_rate": 0.07,
            "min_data_in_leaf": max(5, min(100, len(reward) // 50)),
            "lambda_l2": 10.0,
            "cat_smooth": 20.0,
            "seed": settings.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        data = lgb.Dataset(matrix, cut, categorical_feature=categorical, params={"verbosity": -1})
        self._booster: Any = lgb.train(options, data, num_boost_round=settings.rounds)

    def predict(self, matrix: Floats) -> Floats:
        return np.asarray(self._booster.predict(matrix, num_threads=1), dtype=np.float64) * self._factor


def _matrix(choices: Choices) -> tuple[Floats, list[int]]:
    """One row a cell that holds a candidate: its features (missing where there are none), then the action and position."""
    encoder = learn(choices.features.layout, choices.features.table, min_rows=_MIN_WORD_ROWS, max_words=_MAX_WORDS)
    known = encoder.matrix(choices.features.table)
    cells = np.argwhere(choices.present)
    rows = choices.features.row[cells[:, 0], cells[:, 1]]
    width = known.shape[1]
    matrix = np.full((len(cells), width + 2), np.nan)
    matrix[rows >= 0, :width] = known[rows[rows >= 0]]
    matrix[:, width] = choices.candidates[cells[:, 0], cells[:, 1]]
    matrix[:, width + 1] = choices.position[cells[:, 0]]
    return matrix, [*encoder.categorical, width]


def _chosen_cells(choices: Choices) -> npt.NDArray[np.intp]:
    """The row of `_matrix` that is each choice's chosen candidate."""
    number = np.cumsum(choices.present.ravel()) - 1
    k = choices.candidates.shape[1]
    return np.asarray(number[np.arange(len(choices)) * k + choices.chosen], dtype=np.intp)
