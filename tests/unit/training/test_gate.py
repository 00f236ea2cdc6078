"""Fit and gate on a world whose truth is known: the better model passes, the equal, the useless and the leaking do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nba_models import artifact
from nba_models.calibration import IsotonicCalibration, SigmoidCalibration
from nba_models.definition import CalibrationKind
from nba_models.scorer import load
from nba_training.evaluate import measure
from nba_training.extract import Extract, extract
from nba_training.fit import choose_calibration, fit, importance
from nba_training.gate import better, enough, gain_over, sound
from nba_training.live import propensity
from nba_training.publish import seal
from nba_training.split import Parts, by_time
from tests.unit.training.world import DEFINITION, Known, ListSource, end_of, history

GATES = DEFINITION.gates


def _read(contacts: int, seed: int, *, useful: bool = True) -> tuple[Extract, Parts]:
    items = history(contacts, seed, useful=useful)
    read = extract(ListSource(items), Known(), DEFINITION, end_of(items))
    return read, by_time(read.dataset, DEFINITION.split)


def test_better_challenger_passes_every_gate() -> None:
    """Where age and action matter, the model beats the prior on later customers beyond chance."""
    _, parts = _read(4_000, 1)
    assert enough(parts, GATES).passed
    model, _ = fit(DEFINITION, parts)
    mine, theirs = propensity(model, parts.test), propensity(None, parts.test)
    base = measure(np.full(len(parts.test), parts.fit.positive.mean()), parts.test.positive)
    checks = sound(measure(mine, parts.test.positive), measure(theirs, parts.test.positive), base, GATES)
    assert all(check.passed for check in checks), [str(check) for check in checks]
    gain = gain_over(theirs, mine, parts.test.positive, parts.test.customer, GATES, seed=1)
    assert better(gain, GATES.confidence, "prior").passed
    assert set(importance(model)) <= {feature.name for feature in DEFINITION.features}
    assert next(iter(importance(model))) in ("customer.age", "action.id")


def test_equal_challenger_is_refused() -> None:
    """A model against itself, and against one trained on the same rows with another seed, has no gain beyond chance."""
    _, parts = _read(4_000, 1)
    first, _ = fit(DEFINITION, parts)
    other = replace(
        DEFINITION, fit=replace(DEFINITION.fit, seed=99), parameters={**DEFINITION.parameters, "extra_seed": 5}
    )
    second, _ = fit(other, parts)
    for model in (first, second):
        gain = gain_over(
            propensity(first, parts.test),
            propensity(model, parts.test),
            parts.test.positive,
            parts.test.customer,
            GATES,
            seed=1,
        )
        assert not better(gain, GATES.confidence, "live").passed


def test_useless_challenger_is_refused() -> None:
    """Where clicks are pure chance, no model may replace a prior that is right."""
    passed = 0
    for seed in range(6):
        _, parts = _read(1_500, seed, useful=False)
        model, _ = fit(DEFINITION, parts)
        mine, theirs = propensity(model, parts.test), propensity(None, parts.test)
        gain = gain_over(theirs, mine, parts.test.positive, parts.test.customer, GATES, seed=seed)
        base = measure(np.full(len(parts.test), parts.fit.positive.mean()), parts.test.positive)
        live = measure(theirs, parts.test.positive)
        checks = (
            *sound(measure(mine, parts.test.positive), live, base, GATES),
            better(gain, GATES.confidence, "prior"),
        )
        passed += all(check.passed for check in checks)
    assert passed == 0


def test_too_good_is_a_leak_alarm() -> None:
    """An AUC above the band fails, and the words say why."""
    perfect = measure(np.array([0.9, 0.1] * 50), np.array([True, False] * 50))
    (check, *_) = sound(perfect, perfect, perfect, GATES)
    assert not check.passed
    assert "leak" in check.wanted


def test_claims_may_be_off_by_no_more_than_those_that_serve() -> None:
    """A calibration error above the gate passes only where the live model's is larger still."""
    labels = np.array([True, False, False, False] * 50)
    off, worse, right = (measure(np.full(200, claim), labels) for claim in (0.40, 0.60, 0.25))
    found = {name: sound(off, live, right, GATES)[1] for name, live in (("worse", worse), ("right", right))}
    assert found["worse"].passed
    assert not found["right"].passed
    assert found["right"].name == "calibration error"


def test_too_little_is_told_before_the_fit() -> None:
    """With 37 rows the gate names rows and positives, found and wanted."""
    _, parts = _read(40, 3)
    verdict = enough(parts, GATES)
    assert not verdict.passed
    assert "rows: 37, wanted at least 300" in verdict.reasons


def test_equal_rows_give_equal_bytes() -> None:
    """A training run repeated on the same archive version gives the same files, bit for bit."""
    read, parts = _read(1_500, 5)
    sealed = [seal(*fit(DEFINITION, parts), read, parts.calibrate, {"auc": 0.7}, 1_000) for _ in range(2)]
    assert sealed[0] == sealed[1]


def test_published_model_is_the_one_that_was_compared() -> None:
    """Loaded from its sealed files, the challenger gives the same bits as in the comparison."""
    read, parts = _read(1_500, 6)
    model, files = fit(DEFINITION, parts)
    version, whole = seal(model, files, read, parts.calibrate, {}, 1_000)
    again = load(version, whole)
    assert propensity(again, parts.test).tobytes() == propensity(model, parts.test).tobytes()
    manifest = artifact.verify(version, whole)
    assert manifest.trained_on == 3
    assert sum(trials for trials, _ in manifest.evidence.values()) == len(parts.fit) + len(parts.calibrate)


def test_action_without_trials_gets_its_prior() -> None:
    """An action that no row has keeps p0 in the published model, unless its group is known."""
    _, parts = _read(1_500, 6)
    model, _ = fit(DEFINITION, parts)
    rows = len(parts.test)
    brand_new = replace(parts.test, actions=("omega",) * rows, groups=("nothing like it",) * rows)
    assert propensity(model, brand_new) == pytest.approx(brand_new.prior)
    predicted = model.model_propensity(brand_new.columns(model.layout))
    kin = propensity(model, replace(brand_new, groups=("things",) * rows))
    assert kin == pytest.approx((brand_new.prior + predicted) / 2)


def test_calibration_is_chosen_by_later_loss() -> None:
    """Curved log odds want steps, straight ones the sigmoid; few positives always the sigmoid."""
    rng = np.random.default_rng(2)
    scores = rng.uniform(-4, 4, 20_000)
    straight = rng.random(20_000) < 1 / (1 + np.exp(-(0.7 * scores - 1)))
    bent = rng.random(20_000) < np.where(scores > 0, 0.5, 0.05)
    assert isinstance(choose_calibration(scores, straight, CalibrationKind.AUTO), SigmoidCalibration)
    assert isinstance(choose_calibration(scores, bent, CalibrationKind.AUTO), IsotonicCalibration)
    assert isinstance(choose_calibration(scores[:300], bent[:300], CalibrationKind.AUTO), SigmoidCalibration)
    assert isinstance(choose_calibration(scores, straight, CalibrationKind.ISOTONIC), IsotonicCalibration)
