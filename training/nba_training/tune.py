"""Tries LightGBM parameters within a budget, by optuna. It sees the rows to fit on and nothing later.

Each trial is judged by log loss on two later stretches of those rows, each after all that its trees have seen; what is worse
than the median on the first is ended there. The definition's own parameters are the first trial: what comes out is
no worse by this measure. A budget of trials gives equal parameters for equal rows; one of seconds depends on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from nba_models.definition import ModelDefinition, ModelKind, Tuning
from nba_models.encoder import Encoder, learn
from nba_models.features import FeatureLayout
from nba_server.errors import FailedPrecondition
from nba_training.boosting import Encoded, Parameters, encoded, grow, later_loss
from nba_training.dataset import Dataset
from nba_training.source import Silent, Watch

_STRETCHES = ((0.5, 0.75), (0.75, 1.0))
"""Shares of the rows, by time: fitted on up to the first, judged on from there to the second."""

_STARTUP = 8
"""Trials before which nothing is ended early, and from which on the search learns."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was found. `parameters` are those of the best trial that differ from the definition's; losses are in nats a row."""

    parameters: Parameters
    own_loss: float
    best_loss: float
    trials: int
    pruned: int
    seconds: float

    def report(self) -> Mapping[str, Any]:
        """For the report."""
        return {
            "tuning": {
                "parameters": dict(self.parameters),
                "own_loss": self.own_loss,
                "best_loss": self.best_loss,
                "trials": self.trials,
                "pruned": self.pruned,
                "seconds": round(self.seconds, 3),
            }
        }


@dataclass(frozen=True, slots=True)
class _Fold:
    encoder: Encoder
    train: Encoded
    later: Encoded


def tune(definition: ModelDefinition, rows: Dataset, budget: Tuning, watch: Watch | None = None) -> Tuned | None:
    """None where the rows are too few for both stretches to have both labels. `rows` in time order.

    Raises `FailedPrecondition` when optuna is not installed, and for a definition that is not of trees.
    """
    if definition.kind is not ModelKind.TREES:
        raise FailedPrecondition("there are no trees to tune; leave the budget out", reason="NOTHING_TO_TUNE")
    optuna = _optuna()
    folds = _folds(definition, rows)
    if len(folds) < len(_STRETCHES):
        return None
    watch = watch or Silent()
    watch.step("Trying parameters")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=definition.fit.seed, n_startup_trials=_STARTUP),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP),
    )
    study.enqueue_trial({name: definition.parameters[name] for name in _SPACE if name in definition.parameters})
    own: list[float] = []

    def objective(trial: Any) -> float:
        mine = trial.number == 0
        chosen = {} if mine else {name: suggest(trial, name) for name, suggest in _SPACE.items()}
        losses: list[float] = []
        for step, fold in enumerate(folds):
            booster = grow(definition, fold.encoder, fold.train, fold.later, parameters=chosen)
            losses.append(later_loss(booster))
            trial.report(float(np.mean(losses)), step)
            if not mine and trial.should_prune():
                raise optuna.TrialPruned
        own.extend(losses if mine else ())
        trial.set_user_attr("parameters", chosen)
        watch.advance(trial.number + 1)
        return float(np.mean(losses))

    began = time.monotonic()
    study.optimize(objective, n_trials=budget.trials or None, timeout=budget.seconds or None)
    pruned = len([trial for trial in study.trials if trial.state is optuna.trial.TrialState.PRUNED])
    return Tuned(
        study.best_trial.user_attrs["parameters"],
        float(np.mean(own)),
        float(study.best_value),
        len(study.trials),
        pruned,
        time.monotonic() - began,
    )


_SPACE: Mapping[str, Any] = {
    "learning_rate": lambda trial, name: trial.suggest_float(name, 0.01, 0.2, log=True),
    "num_leaves": lambda trial, name: trial.suggest_int(name, 4, 64, log=True),
    "min_data_in_leaf": lambda trial, name: trial.suggest_int(name, 5, 300, log=True),
    "feature_fraction": lambda trial, name: trial.suggest_float(name, 0.4, 1.0),
    "bagging_fraction": lambda trial, name: trial.suggest_float(name, 0.5, 1.0),
    "lambda_l2": lambda trial, name: trial.suggest_float(name, 0.1, 100.0, log=True),
    "cat_smooth": lambda trial, name: trial.suggest_float(name, 1.0, 100.0, log=True),
    "cat_l2": lambda trial, name: trial.suggest_float(name, 1.0, 100.0, log=True),
}
"""What is tried, and within which bounds; what is not here stays as the definition has it."""


def _folds(definition: ModelDefinition, rows: Dataset) -> Sequence[_Fold]:
    """Those stretches whose two sides have both labels. Rows whose label was not known when the judging begins are left out."""
    layout = FeatureLayout(definition)
    found = []
    for since, until in _STRETCHES:
        cut_ms = int(rows.at_ms[int(since * (len(rows) - 1))])
        end_ms = int(rows.at_ms[int(until * (len(rows) - 1))])
        train = rows.take(np.flatnonzero((rows.at_ms < cut_ms) & (rows.known_ms <= cut_ms)).astype(np.int64))
        later = rows.take(np.flatnonzero((rows.at_ms >= cut_ms) & (rows.at_ms <= end_ms)).astype(np.int64))
        if not (_mixed(train) and _mixed(later)):
            continue
        fit = definition.fit
        encoder = learn(layout, train.columns(layout), min_rows=fit.min_category_rows, max_words=fit.max_categories)
        found.append(_Fold(encoder, encoded(encoder, layout, train), encoded(encoder, layout, later)))
    return found


def _mixed(rows: Dataset) -> bool:
    return 0 < int(np.count_nonzero(rows.positive)) < len(rows)


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError as fault:
        raise FailedPrecondition(
            "tuning needs optuna; install the extra `tune`, or leave the budget out", reason="NO_OPTUNA"
        ) from fault
    return optuna
