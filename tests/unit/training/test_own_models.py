"""One model per action or group, where the definition asks for it: fitted, sealed, loaded, explained and served."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from nba_models import artifact, definition_file
from nba_models.artifact import ArtifactInvalid
from nba_models.canary_rows import choose
from nba_models.contributions import row_parts
from nba_models.definition import ModelDefinition, canonical
from nba_models.definition_file import DefinitionInvalid
from nba_models.scorer import ModelScorer, load
from nba_training.evaluate import measure
from nba_training.extract import extract
from nba_training.fit import fit
from nba_training.live import propensity
from nba_training.split import Parts, by_time
from tests.unit.training.world import DEFINITION, Facts, Known, ListSource, columns_of, end_of, history


def _with(models: str) -> ModelDefinition:
    return definition_file.parse(DEFINITION.text + f"\nmodels: {models}\n")


@cache
def _parts() -> Parts:
    items = history(4000, 3)
    return by_time(extract(ListSource(items), Known(), DEFINITION, end_of(items)).dataset, DEFINITION.split)


def test_actions_with_enough_answers_have_their_own() -> None:
    """Alpha and beta are liked often enough for models of their own, gamma and delta keep the shared one; it ranks as well."""
    shared, _ = fit(DEFINITION, _parts())
    model, files = fit(_with("{per: action, min_positives: 60}"), _parts())
    assert model.own_names == ("alpha", "beta")
    test = _parts().test
    found, plain = propensity(model, test), propensity(shared, test)
    others = np.array([name in ("gamma", "delta") for name in test.actions])
    assert np.array_equal(found[others], plain[others])
    assert not np.array_equal(found[~others], plain[~others])
    assert measure(found, test.positive).auc > measure(plain, test.positive).auc - 0.02
    assert artifact.OWN in files


def test_sealed_served_and_explained() -> None:
    """The artifact serves the same bits whatever else is in the batch, and its contributions add up to its trees' score."""
    definition = _with("{per: action, min_positives: 60}")
    model, files = fit(definition, _parts())
    rows = _parts().calibrate
    canary = choose(model, rows.columns(model.layout), rows.background)
    version, sealed = artifact.seal(replace(model.manifest, created_ms=1), {**files, artifact.CANARY: canary.to_json()})
    loaded = load(version, sealed)
    assert canary.fault(loaded) == ""
    facts = [{"action.id": name, "history.presented_30d": 1} for name in ("alpha", "gamma", "unheard-of")]
    cases = [
        Facts(
            {"request.channel": "web", "customer.age": 70}, pairs, np.full(len(pairs), 0.1), np.full(len(pairs), 10.0)
        )
        for pairs in (facts, facts[:1])
    ]
    together, alone = ModelScorer(loaded).score(cases), ModelScorer(loaded).score(cases[1:])
    assert together[1].propensity.tobytes() == alone[0].propensity.tobytes() == together[0].propensity[:1].tobytes()
    columns = replace(columns_of(["alpha", "gamma"], 70), definition_hash=definition.hash)
    own, shared = row_parts(loaded, loaded.layout, columns, [0, 1])
    assert own.base != shared.base
    for parts in (own, shared):
        assert parts.base + sum(parts.log_odds.values()) == pytest.approx(parts.raw, abs=1e-9)


def test_fallback_to_the_prior_and_groups() -> None:
    """With the fallback `prior`, actions without a model of their own keep p0; per group all of a group share one."""
    model, _ = fit(_with("{per: action, min_positives: 60, fallback: prior}"), _parts())
    test = _parts().test
    others = np.array([name in ("gamma", "delta") for name in test.actions])
    assert np.allclose(propensity(model, test)[others], test.prior[others])
    assert sorted(model.manifest.evidence) == ["alpha", "beta"]
    grouped = definition_file.parse(
        DEFINITION.text.replace("features:", "features:\n  - {name: action.group, kind: category, scope: pair}")
        + "\nmodels: {per: group, min_positives: 60, fallback: prior}\n"
    )
    model, _ = fit(grouped, _parts())
    assert model.own_names == ("things",)
    assert sorted(model.manifest.evidence) == ["alpha", "beta", "delta", "gamma"]


def test_nobody_has_enough() -> None:
    """When no action has enough answers the artifact is an ordinary one."""
    model, files = fit(_with("{per: action, min_positives: 5000}"), _parts())
    assert model.own_names == ()
    assert artifact.OWN not in files


def test_damaged_or_foreign_own_models_are_refused() -> None:
    """Trees of another width, another kind than the definition asks for, or no JSON: refused, never served."""
    definition = _with("{per: action, min_positives: 60}")
    model, files = fit(definition, _parts())
    whole = {**files, artifact.CANARY: b"{}"}
    for payload in (
        b"{",
        b"[]",
        b'{"per": "group", "models": {}}',
        b'{"per": "action", "models": {"a": {"trees": "x"}}}',
    ):
        version, sealed = artifact.seal(replace(model.manifest, created_ms=1), {**whole, artifact.OWN: payload})
        with pytest.raises(ArtifactInvalid):
            load(version, sealed)


def test_definition_says_what_is_wrong() -> None:
    """`models` needs the feature that names the model, and known words; absent it changes no hash."""
    with pytest.raises(DefinitionInvalid, match=r"models\.per needs the feature action\.group"):
        _with("{per: group}")
    with pytest.raises(DefinitionInvalid, match=r"`models\.per` must be one of all, action, group"):
        _with("{per: customer}")
    assert _with("{per: all}").hash == DEFINITION.hash
    found = _with("{per: action}")
    assert definition_file.parse(canonical(found).decode()).hash == found.hash != DEFINITION.hash
