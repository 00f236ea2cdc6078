"""Learns a policy from logged choices: what each candidate earns, in two parts, and caution where the parts disagree.

Reward = P(anything happens) x what it brings when it does. Rewards with heavy tails (money) are learned far better so: the
chance has no tail, and the tail of the amount is cut at a quantile and put back by a factor. Several models on different
customers vote: another action than the best single one is taken only where all of them prefer it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_models.encoder import Encoder, learn
from nba_training.ope.choices import Choices
from nba_training.ope.log import Floats
from nba_training.ope.policy import Policy
from nba_training.ope.reward_model import folds


@dataclass(frozen=True, slots=True)
class LearningSettings:
    """`voters` models, each without a share of the customers. `tail`: quantile at which amounts are cut."""

    voters: int = 5
    rounds: int = 120
    leaves: int = 15
    learning_rate: float = 0.05
    min_rows: int = 100
    tail: float = 0.98
    seed: int = 20240229


@dataclass(frozen=True, slots=True)
class LearnedPolicy:
    """A greedy policy. `single` is the action that earned most in the log it was learned from."""

    single: str
    encoder: Encoder
    voters: tuple[_TwoParts, ...]
    name: str = "learned"

    def expected(self, choices: Choices) -> Floats:
        """What the models expect of each candidate, their mean; (n, k), NaN in padding."""
        return np.asarray(self._votes(choices).mean(axis=0))

    def chances(self, choices: Choices) -> Floats:
        """1 for the chosen candidate."""
        votes = self._votes(choices)
        rows = np.arange(len(choices))
        mean = np.where(choices.present, votes.mean(axis=0), -np.inf)
        best = mean.argmax(axis=1)
        single = choices.column_of(self.single)
        there = single >= 0
        sure = (votes[:, rows, best] > votes[:, rows, np.maximum(single, 0)]).all(axis=0)
        column = np.where(there & ~sure, single, best)
        found = np.zeros(choices.candidates.shape)
        found[rows, column] = 1.0
        return found

    def claim(self, choices: Choices) -> float:
        """What the models say that the policy is worth: the mean of their own expectation of what it picks."""
        return self.claim_of(self, choices)

    def claim_of(self, policy: Policy, choices: Choices) -> float:
        """The same for another policy."""
        picked = (policy.chances(choices) * np.nan_to_num(self.expected(choices))).sum(axis=1)
        return float(picked.mean())

    def _votes(self, choices: Choices) -> Floats:
        matrix, cells = _cells(choices, self.encoder)
        found = np.full((len(self.voters), *choices.candidates.shape), np.nan)
        for place, voter in enumerate(self.voters):
            found[place, cells[:, 0], cells[:, 1]] = voter.expected(matrix)
        return found


def learn_policy(choices: Choices, settings: LearningSettings | None = None) -> LearnedPolicy:
    """Learns from the chosen candidates of the log, each weighted by the inverse of its chance up to a tenfold."""
    settings = settings or LearningSettings()
    encoder = learn(choices.features.layout, choices.features.table, min_rows=5, max_words=250)
    matrix, cells = _cells(choices, encoder)
    chosen = matrix[np.flatnonzero(cells[:, 1] == choices.chosen[cells[:, 0]])]
    fold = folds(choices.customer, settings.voters, settings.seed)
    voters = tuple(
        _TwoParts.fit(chosen[fold != number], choices.reward[fold != number], encoder.categorical, settings)
        for number in range(settings.voters)
    )
    return LearnedPolicy(best_single(choices), encoder, voters)


def best_single(choices: Choices) -> str:
    """The action with the highest self-normalised value in the log."""
    names = choices.candidates[np.arange(len(choices)), choices.chosen]
    weights = 1.0 / choices.pick_probability
    total = np.bincount(names, weights * choices.reward, len(choices.names))
    count = np.bincount(names, weights, len(choices.names))
    value = np.divide(total, count, out=np.full(len(total), -np.inf), where=count > 0)
    return choices.names[int(value.argmax())]


@dataclass(frozen=True, slots=True)
class _TwoParts:
    """Chance of any reward, and its amount."""

    chance: Any
    amount: Any
    factor: float

    @classmethod
    def fit(cls, matrix: Floats, reward: Floats, categorical: list[int], settings: LearningSettings) -> _TwoParts:
        happened = reward != 0
        amount = reward[happened]
        cut = np.minimum(amount, np.quantile(amount, settings.tail)) if len(amount) else amount
        factor = float(amount.mean() / cut.mean()) if len(amount) and cut.mean() > 0 else 1.0
        return cls(
            chance=_trees(matrix, happened.astype(np.float64), "binary", categorical, settings),
            amount=_trees(matrix[happened], cut, "regression", categorical, settings),
            factor=factor,
        )

    def expected(self, matrix: Floats) -> Floats:
        """Chance x amount, in the reward's own scale."""
        chance = np.asarray(self.chance.predict(matrix, num_threads=1), dtype=np.float64)
        return np.asarray(chance * self.amount.predict(matrix, num_threads=1) * self.factor)


def _trees(matrix: Floats, label: Floats, objective: str, categorical: list[int], settings: LearningSettings) -> Any:
    import lightgbm as lgb

    options = {
        "objective": objective,
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": max(5, min(settings.min_rows, len(label) // 20)),
        "lambda_l2": 10.0,
        "cat_smooth": 20.0,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(matrix, label, categorical_feature=categorical, params={"verbosity": -1})
    return lgb.train(options, data, num_boost_round=settings.rounds)


def _cells(choices: Choices, encoder: Encoder) -> tuple[Floats, np.ndarray[Any, Any]]:
    """One row of features a candidate, and where it stands."""
    cells = np.argwhere(choices.present & (choices.features.row >= 0))
    return encoder.matrix(choices.features.table)[choices.features.row[cells[:, 0], cells[:, 1]]], cells
