"""What a definition may ask of the fit: monotone features, and inverse weights that are kept only where they lose less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nba_models import definition_file
from nba_models.definition import ModelDefinition, canonical, digest
from nba_models.definition_file import DefinitionInvalid
from nba_training.extract import extract
from nba_training.fit import fit, inverse_weights
from nba_training.live import propensity
from nba_training.split import Parts, by_time
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history


def _with(text: str, new: str) -> ModelDefinition:
    return definition_file.parse(DEFINITION.text.replace(text, new))


def _parts(definition: ModelDefinition) -> Parts:
    items = history(3000, 1)
    return by_time(
        extract(ListSource(items), Known((DEFINITION, definition)), definition, end_of(items)).dataset, definition.split
    )


def test_monotone_feature_only_rises() -> None:
    """With age rising, no older customer gets a lower propensity for the same action, although beta's truth falls."""
    rising = _with(
        "{name: customer.age, kind: number, scope: shared}",
        "{name: customer.age, kind: number, scope: shared, monotone: rising}",
    )
    parts = _parts(rising)
    model, _ = fit(rising, parts)
    age = parts.test.layout.numbers.index("customer.age")
    younger, older = parts.test.take(np.arange(200)), parts.test.take(np.arange(200))
    younger.table.numbers[:, age] = 25.0
    older.table.numbers[:, age] = 70.0
    assert (propensity(model, older) >= propensity(model, younger)).all()
    assert definition_file.parse(canonical(rising).decode()).hash == rising.hash


def test_inverse_weights_are_clipped_and_optional() -> None:
    """Rows that were rarely picked weigh more, up to the clip; without logged chances nothing changes."""
    weighted = _with("min_category_rows: 5}", "min_category_rows: 5, inverse_weights: 10}")
    parts = _parts(weighted)
    chances = np.where(np.arange(len(parts.fit)) % 4 == 0, 0.01, 0.5)
    chances[1] = np.nan
    found = inverse_weights(weighted, replace(parts.fit, pick_probability=chances))
    assert found.mean() == pytest.approx(1.0, rel=0.01)
    assert found[0] / found[2] == pytest.approx(5.0)
    plain, files = fit(DEFINITION, _parts(DEFINITION))
    same, others = fit(weighted, parts)
    assert files["model.txt"] == others["model.txt"], "no chance was logged: equal weights, equal trees"
    assert np.array_equal(propensity(plain, parts.test), propensity(same, parts.test))


def test_new_words_do_not_change_old_hashes() -> None:
    """A definition that says nothing of them keeps the hash that its models carry."""
    assert definition_file.load().hash == "1a5d85d019309e8ea11cc6d838426354b5badfe3e06fff99d1ad4ee33f8fe5c6"
    assert digest(DEFINITION) == DEFINITION.hash


@pytest.mark.parametrize(
    ("text", "new", "what"),
    [
        ("kind: category, scope: pair}", "kind: category, scope: pair, monotone: rising}", "has no order"),
        (
            "customer.age, kind: number, scope: shared}",
            "customer.age, kind: number, scope: shared, monotone: up}",
            "rising or falling",
        ),
        (
            "min_category_rows: 5}",
            "min_category_rows: 5, inverse_weights: 0.5}",
            "inverse_weights must be 0 or above 1",
        ),
    ],
)
def test_faults_are_named(text: str, new: str, what: str) -> None:
    """A category cannot rise, a word that is none, a clip below one."""
    with pytest.raises(DefinitionInvalid, match=what):
        _with(text, new)
