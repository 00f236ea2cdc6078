"""The search for parameters: within its budget, seeded, judged on later rows, and kept with the model."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from nba_models import definition_file
from nba_models.artifact import Manifest, seal, verify
from nba_models.definition import ModelDefinition, Tuning, canonical
from nba_training.dataset import Dataset
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.split import by_time
from nba_training.tune import tune
from nba_training.tuning_budget import TuningBudget
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history

BAD = replace(DEFINITION, parameters={"num_leaves": 2, "min_data_in_leaf": 400, "learning_rate": 0.001})


def _rows(definition: ModelDefinition, contacts: int = 1500) -> Dataset:
    items = history(contacts, 1)
    return extract(ListSource(items), Known(), definition, end_of(items)).dataset


def test_search_beats_bad_parameters_and_repeats() -> None:
    """Twelve trials find better parameters than a definition's bad ones, the same at every run, and the model keeps them."""
    parts = by_time(_rows(DEFINITION), DEFINITION.split)
    first, second = (tune(BAD, parts.fit, Tuning(trials=12)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.best_loss < first.own_loss - 0.005
    assert (first.parameters, first.best_loss) == (second.parameters, second.best_loss)
    assert first.trials == 12
    model, files = fit(BAD, parts, None, first.parameters)
    assert dict(model.manifest.parameters) == dict(first.parameters)
    assert files["definition.yaml"].decode() == DEFINITION.text, "the definition stays what was reviewed"


def test_seconds_end_the_search_and_few_rows_refuse_it() -> None:
    """A budget of time ends after the trial that is under way; where a stretch has one label only there is nothing to tune."""
    rows = _rows(DEFINITION, 600)
    found = tune(DEFINITION, rows, Tuning(seconds=0.01))
    assert found is not None
    assert found.trials == 1
    assert dict(found.parameters) == {}
    assert tune(DEFINITION, rows.take(rows.at_ms[:8] * 0), Tuning(trials=2)) is None


def test_budget_is_typed_and_defined() -> None:
    """`--tune` takes trials or a time; `tune` in a definition is part of its hash, and absent it changes none."""
    kind = TuningBudget()
    assert kind.convert("40", None, None) == Tuning(trials=40)
    assert kind.convert("10m", None, None) == Tuning(seconds=600.0)
    with pytest.raises(click.BadParameter, match="no budget"):
        kind.convert("ten", None, None)
    tuned = definition_file.parse(DEFINITION.text + "\ntune: {trials: 20}\n")
    assert tuned.tune == Tuning(trials=20)
    assert tuned.hash != DEFINITION.hash
    assert definition_file.parse(canonical(tuned).decode()).hash == tuned.hash
    assert b'"tune"' not in canonical(DEFINITION)


def test_manifest_of_a_tuned_model_is_read_back() -> None:
    """Chosen parameters survive sealing; a manifest without them looks as it always did."""
    manifest = Manifest("m", "h", 0, 0, 0, 0, {}, parameters={"num_leaves": 9})
    needed = dict.fromkeys(("model.txt", "calibration.json", "encoder.json", "definition.yaml", "canary.json"), b"")
    assert verify(*seal(manifest, needed)).parameters == {"num_leaves": 9}
    assert b"parameters" not in replace(manifest, parameters={}).to_json()
