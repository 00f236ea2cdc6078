"""bank_marketing: the leak check stops a run that includes the call's duration; a random split flatters."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_models.features import FeatureLayout
from nba_training.dataset import Dataset
from nba_training.evaluate import measure
from nba_training.fit import fit
from nba_training.leaks import single_features
from nba_training.live import propensity
from nba_training.logs.choice import PlainCase
from nba_training.split import by_time
from tests.prove.datasets import rows

NUMBERS = ("age", "pdays", "previous", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed")
WORDS = ("job", "marital", "education", "default", "housing", "loan", "contact", "month", "day_of_week", "poutcome")


def run() -> dict[str, Any]:
    """Leak checks with and without `duration`; AUC and log loss by a split in time and by a random one."""
    clean, leaking = (_dataset(names) for names in ((), ("duration",)))
    strongest = single_features(clean)[0]
    caught = [check for check in single_features(leaking) if not check.passed]
    in_time, shuffled = _measured(clean), _measured(_shuffled(clean))
    return {
        "leak_check_stops": [str(check) for check in caught],
        "strongest_without_duration": str(strongest),
        "auc_time_split": in_time.auc,
        "auc_random_split": shuffled.auc,
        "drop": shuffled.auc - in_time.auc,
        "calibration_error_time_split": in_time.calibration_error,
        "calibration_error_random_split": shuffled.calibration_error,
        "passed": strongest.passed
        and [check.name for check in caught] == ["leak: AUC of duration alone"]
        and shuffled.auc > in_time.auc,
    }


def _definition(more: Collection[str]) -> ModelDefinition:
    lines = [f"  - {{name: {name}, kind: number, scope: shared}}" for name in (*NUMBERS, *more)]
    lines += [f"  - {{name: {name}, kind: category, scope: shared}}" for name in WORDS]
    tail = (
        "\nsplit: {calibrate: 0.2, test: 0.2}\nparameters: {num_leaves: 15, min_data_in_leaf: 50, learning_rate: 0.05}"
    )
    return definition_file.parse("model: calls\ntitle: Calls\nfeatures:\n" + "\n".join(lines) + tail)


def _dataset(more: Collection[str]) -> Dataset:
    """Rows in time order. `campaign` is a final count and stays out; 999 days mean never."""
    calls = rows("bank_marketing/bank-additional.csv.gz")
    layout = FeatureLayout(_definition(more))
    columns = []
    for call in calls:
        facts: dict[str, Any] = {name: float(call[name]) for name in (*NUMBERS, *more)} | {n: call[n] for n in WORDS}
        if facts["pdays"] == 999:
            del facts["pdays"]
        columns.append(layout.read(PlainCase(facts, [{}])))
    n = len(calls)
    places = np.arange(n, dtype=np.int64)
    return Dataset(
        layout=layout,
        table=layout.table(columns, [1] * n),
        at_ms=places,
        known_ms=places,
        customer=places,
        positive=np.array([call["y"] == "yes" for call in calls]),
        prior=np.full(n, 0.1),
        evidence=np.zeros(n),
        pick_probability=np.full(n, np.nan),
        actions=("deposit",) * n,
        groups=("deposits",) * n,
        channels=("call",) * n,
    )


def _shuffled(dataset: Dataset) -> Dataset:
    """The same rows in random order: what a random split would do."""
    order = np.random.default_rng(1).permutation(len(dataset)).astype(np.int64)
    mixed = dataset.take(order)
    times = np.arange(len(dataset), dtype=np.int64)
    return Dataset(
        **{name: getattr(mixed, name) for name in Dataset.__slots__ if name not in ("at_ms", "known_ms")},
        at_ms=times,
        known_ms=times,
    )


def _measured(dataset: Dataset) -> Any:
    parts = by_time(dataset, _definition(()).split)
    model, _ = fit(_definition(()), parts)
    return measure(propensity(model, parts.test), parts.test.positive)
