"""Model definitions: what a file may say, and that its hash is its meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from nba_models import definition_file
from nba_models.definition import canonical
from nba_models.definition_file import DefinitionInvalid
from nba_server.domain.catalog import FieldType
from nba_server.domain.facts import FACTS
from nba_server.domain.rule import RuleScope


def test_shipped_definition_uses_only_facts_of_the_vocabulary() -> None:
    """Every feature of the shipped definition is a fact that servers compute, in its scope and kind."""
    for feature in definition_file.load().features:
        fact = FACTS[feature.name]
        assert (feature.scope == "shared") == (fact.scope is RuleScope.CUSTOMER), feature.name
        assert (feature.kind == "category") == (fact.type is FieldType.STRING), feature.name


def test_hash_is_of_the_meaning() -> None:
    """Comments, order of keys and the canonical form do not change the hash; a parameter does."""
    text = definition_file.default_path().read_text(encoding="utf-8")
    first = definition_file.parse(text)
    assert definition_file.parse("# another comment\n" + text).hash == first.hash
    assert definition_file.parse(canonical(first).decode()).hash == first.hash
    assert definition_file.parse(text.replace("num_leaves: 15", "num_leaves: 16")).hash != first.hash


def test_all_faults_are_told_at_once() -> None:
    """A definition with many faults names each of them."""
    with pytest.raises(DefinitionInvalid) as caught:
        definition_file.parse(
            "model: A b\nfeatures: [{name: x}, {name: a, kind: text, scope: pair}]\nfit: {rounds: 0.5, foo: 1}\n"
            "label: {positive: clicked}\ncalibration: best\nsplit: {test: 0}\nzz: 1\nparameters: {seed: 1}\n"
        )
    text = "\n".join(caught.value.faults)
    for part in ("`model`", "features[1]", "features[2].kind", "fit.rounds", "fit.foo", "label.positive", "calibration",
                 "split.test", "`zz`", "parameters.seed"):  # fmt: skip
        assert part in text


@pytest.mark.parametrize("text", ["", "- a", "a: [", "model: x\nfeatures: []", "model: x\ngates: 3\nfeatures: 4"])
def test_what_is_no_definition_is_refused(text: str) -> None:
    """Empty, wrong or torn documents raise `DefinitionInvalid`, nothing else."""
    with pytest.raises(DefinitionInvalid):
        definition_file.parse(text)


def test_unknown_model_names_the_known_ones() -> None:
    """Asking for a definition that does not ship says which ones do."""
    with pytest.raises(FileNotFoundError, match="affinity"):
        definition_file.default_path("nobody")


def test_definition_of_a_file_is_read(tmp_path: Path) -> None:
    """A catalogue's owner adds attributes in a file of his own."""
    own = tmp_path / "own.yaml"
    own.write_text("model: own\nfeatures:\n  - {name: customer.age, kind: number, scope: shared}\n", encoding="utf-8")
    assert definition_file.load(own).reads == {"customer.age", "action.id", "action.group"}


def test_a_regression_takes_nothing_that_only_trees_have() -> None:
    """Parameters of LightGBM beside `kind: regression` are a fault; trees keep the hash that they had without a kind."""
    text = "model: m\nfeatures: [{name: action.id, kind: category, scope: pair}]\n"
    assert definition_file.parse(text + "kind: trees\n").hash == definition_file.parse(text).hash
    assert definition_file.parse(text + "kind: regression\n").kind == "regression"
    with pytest.raises(definition_file.DefinitionInvalid, match="are for trees"):
        definition_file.parse(text + "kind: regression\nparameters: {num_leaves: 7}\n")
