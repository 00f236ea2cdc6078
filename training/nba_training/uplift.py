"""Whom an action changes: uplift of a treatment over a control, learned and judged on customers that the models never saw.

Two models: one learns who answers with the action, one who answers without, the difference ranks. Transformed outcome (Athey and
Imbens 2015): one model learns y (w - e) / (e (1 - e)), whose mean is the uplift. Both see the facts that all candidates share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nba_models.encoder import learn
from nba_training.measure.uplift import Trial, qini_area, uplift_area, uplift_at, uplift_curve
from nba_training.ope.choices import Choices, Integers
from nba_training.ope.intervals import Estimate
from nba_training.ope.log import Floats
from nba_training.ope.reward_model import folds

_MIN_ROWS = 200
_SPREAD = 0.02
"""The most that the chance of treatment may differ from its mean: the curves compare two groups as they are."""
_POINTS = 20
_SHARES = (0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class UpliftSettings:
    """`folds` models each, by customer; `draws` bootstrap samples over customers."""

    folds: int = 5
    rounds: int = 80
    leaves: int = 8
    learning_rate: float = 0.05
    min_rows: int = 100
    draws: int = 200
    seed: int = 20240229


@dataclass(frozen=True, slots=True)
class Ranked:
    """One method's ranking. `gain` is the mean height of its curve above a random ranking's, in reward a customer.

    `auuc` and `qini` are areas over those of a perfect ranking, for rewards of 0 and 1 only. `at` is the uplift among the
    best-ranked share; `curve` the uplift gathered in reward a customer at 0, 5, … 100 % of the customers.
    """

    gain: Estimate
    auuc: float | None
    qini: float | None
    at: Mapping[float, float]
    curve: tuple[float, ...]

    @property
    def above_random(self) -> bool:
        """Whether the ranking is worth something beyond chance."""
        return self.gain.low > 0


@dataclass(frozen=True, slots=True)
class Uplift:
    """`n` choices of the two arms; `effect` is the mean difference in reward. `refused` says why there is nothing to tell."""

    n: int
    treated: int
    chance: float = float("nan")
    effect: Estimate | None = None
    methods: Mapping[str, Ranked] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Arms:
    """Rows of both arms: facts, who was treated, what came of it, the chance of treatment."""

    matrix: Floats
    categorical: list[int]
    treated: Floats
    reward: Floats
    chance: Floats
    customer: Integers


def uplift(choices: Choices, treatment: str, control: str, settings: UpliftSettings | None = None) -> Uplift:
    """Compares `treatment` with `control` (empty: no offer), both names of candidates, where one of them was chosen."""
    settings = settings or UpliftSettings()
    unknown = [name or "no offer" for name in (treatment, control) if name not in choices.names]
    if unknown:
        return Uplift(0, 0, refused=f"the log has no candidate {' and no '.join(unknown)}")
    arms = _arms(choices, treatment, control)
    treated = int(arms.treated.sum())
    n = len(arms.treated)
    reason = _unusable(arms, treated)
    if reason:
        return Uplift(n, treated, refused=reason)
    draws = _draws(arms.customer, settings)
    methods = {
        name: _ranked(arms, score, draws)
        for name, score in zip(("two_models", "transformed_outcome"), _scores(arms, settings), strict=True)
    }
    return Uplift(n, treated, float(arms.chance.mean()), _effect(arms, draws), methods)


def _arms(choices: Choices, treatment: str, control: str) -> _Arms:
    at = np.arange(len(choices))
    names = choices.candidates[at, choices.chosen]
    first, second = choices.names.index(treatment), choices.names.index(control)
    rows = np.flatnonzero(np.isin(names, [first, second]) & (choices.features.row[at, choices.chosen] >= 0))
    layout, table = choices.features.layout, choices.features.table
    encoder = learn(layout, table, min_rows=5, max_words=250)
    numbers, texts = layout.shared
    width = len(layout.numbers)
    columns = [*range(numbers), *range(width, width + texts)]
    matrix = encoder.matrix(table)[choices.features.row[rows, choices.chosen[rows]]][:, columns]
    treated = (names[rows] == first).astype(np.float64)
    return _Arms(
        matrix,
        list(range(numbers, numbers + texts)),
        treated,
        choices.reward[rows],
        _chances(choices, rows, treatment, control, treated),
        choices.customer[rows],
    )


def _chances(choices: Choices, rows: Integers, treatment: str, control: str, treated: Floats) -> Floats:
    """The logged chance of the treatment, given that it was one of the two; the share of treated where that is not known."""
    logged = []
    for name in (treatment, control):
        column = choices.column_of(name)[rows]
        logged.append(np.where(column >= 0, choices.logged[rows, np.maximum(column, 0)], np.nan))
    total = logged[0] + logged[1]
    chance = np.divide(logged[0], total, out=np.full(len(rows), np.nan), where=total > 0)
    return np.where(np.isnan(chance), treated.mean() if len(rows) else np.nan, chance)


def _unusable(arms: _Arms, treated: int) -> str:
    n = len(arms.treated)
    if min(treated, n - treated) < _MIN_ROWS:
        return f"{treated:,} choices with the treatment and {n - treated:,} without, of {_MIN_ROWS:,} that are needed of each"
    if not arms.matrix.shape[1]:
        return "the log has no facts that both arms share"
    if np.ptp(arms.reward) == 0:
        return "every choice earned the same"
    low, high = float(arms.chance.min()), float(arms.chance.max())
    if not (low > 0 and high < 1) or max(high - arms.chance.mean(), arms.chance.mean() - low) > _SPREAD:
        return (
            f"the chance of the treatment went from {low:.3f} to {high:.3f}: not one randomised comparison; narrow the log "
            "(--placement, --since), or ask nba evaluate, which weighs chances"
        )
    return ""


def _scores(arms: _Arms, settings: UpliftSettings) -> tuple[Floats, Floats]:
    """Both methods' scores of every row, by models of the other customers."""
    two, transformed = np.empty(len(arms.reward)), np.empty(len(arms.reward))
    weight = (arms.treated - arms.chance) / (arms.chance * (1.0 - arms.chance))
    fold = folds(arms.customer, settings.folds, settings.seed)
    for number in range(settings.folds):
        out = fold == number
        rates = []
        for arm in (1.0, 0.0):
            mine = ~out & (arms.treated == arm)
            rates.append(_predict(arms.matrix[mine], arms.reward[mine], arms.matrix[out], arms.categorical, settings))
        two[out] = rates[0] - rates[1]
        learned = (arms.matrix[~out], (arms.reward * weight)[~out])
        transformed[out] = _predict(*learned, arms.matrix[out], arms.categorical, settings)
    return two, transformed


def _predict(matrix: Floats, target: Floats, asked: Floats, categorical: list[int], settings: UpliftSettings) -> Floats:
    import lightgbm as lgb

    options: dict[str, Any] = {
        "objective": "regression",  # of a reward of 0 and 1 its mean is the chance
        "num_leaves": settings.leaves,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": max(5, min(settings.min_rows, len(target) // 20)),
        "lambda_l2": 10.0,
        "cat_smooth": 20.0,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    data = lgb.Dataset(matrix, target, categorical_feature=categorical, params={"verbosity": -1})
    found = lgb.train(options, data, num_boost_round=settings.rounds).predict(asked, num_threads=1)
    return np.asarray(found, dtype=np.float64)


def _draws(customer: Integers, settings: UpliftSettings) -> list[Integers]:
    """Rows of resampled customers."""
    order = np.argsort(customer, kind="stable")
    _, starts, counts = np.unique(customer[order], return_index=True, return_counts=True)
    rng = np.random.default_rng(settings.seed)
    found = []
    for _ in range(settings.draws):
        drawn = rng.integers(0, len(starts), len(starts))
        sizes = counts[drawn]
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        found.append(order[np.repeat(starts[drawn], sizes) + within].astype(np.int64))
    return found


def _ranked(arms: _Arms, score: Floats, draws: list[Integers]) -> Ranked:
    trial = Trial(arms.reward, arms.treated)
    binary = bool(np.isin(arms.reward, (0.0, 1.0)).all())
    spread = [_gain(Trial(arms.reward[rows], arms.treated[rows]), score[rows]) for rows in draws]
    curve = uplift_curve(trial, score)
    places = np.linspace(0, len(score), _POINTS + 1)
    return Ranked(
        gain=Estimate(_gain(trial, score), *(float(bound) for bound in np.quantile(spread, (0.025, 0.975)))),
        auuc=uplift_area(trial, score) if binary else None,
        qini=qini_area(trial, score) if binary else None,
        at={share: uplift_at(trial, score, share) for share in _SHARES},
        curve=tuple(float(value) / len(score) for value in np.interp(places, curve.x, curve.y)),
    )


def _gain(trial: Trial, score: Floats) -> float:
    """Mean height of the curve above the straight line of a random ranking, in reward a customer."""
    curve = uplift_curve(trial, score)
    whole = float(curve.x[-1])
    return (curve.area - float(curve.y[-1]) * whole / 2) / whole / whole


def _effect(arms: _Arms, draws: list[Integers]) -> Estimate:
    def difference(rows: Integers) -> float:
        treated = arms.treated[rows] == 1
        return float(arms.reward[rows][treated].mean() - arms.reward[rows][~treated].mean())

    bounds = np.quantile([difference(rows) for rows in draws], (0.025, 0.975))
    return Estimate(difference(np.arange(len(arms.reward))), float(bounds[0]), float(bounds[1]))
