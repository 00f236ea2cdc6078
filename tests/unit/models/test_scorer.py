"""Scorers: LightGBM's own numbers, calibrated, smoothed by evidence, equal bit for bit in any batch."""

from __future__ import annotations

import math

import lightgbm as lgb
import numpy as np
import pytest

from nba_models import artifact, calibration, definition_file
from nba_models.encoder import Encoder
from nba_models.features import FeatureLayout
from nba_models.scorer import Background, ModelScorer, PriorScorer, inside, load, smooth
from tests.unit.models.small import DEFINITION, FactCase, random_case, sealed


def _cases(count: int = 50) -> list[FactCase]:
    rng = np.random.default_rng(21)
    return [random_case(rng, int(rng.integers(0, 9))) for _ in range(count)]


def test_scores_are_lightgbm_calibrated_and_smoothed() -> None:
    """The scorer equals Booster.predict on the encoder's matrix, through the calibration, weighted by trials."""
    version, files = sealed()
    scorer = ModelScorer(load(version, files))
    booster = lgb.Booster(model_str=files[artifact.MODEL].decode())
    encoder = Encoder.from_json(files[artifact.ENCODER])
    calibrated = calibration.from_json(files[artifact.CALIBRATION])
    layout = FeatureLayout(DEFINITION)
    for case, found in zip(_cases(), scorer.score(_cases()), strict=True):
        if not case.pairs:
            assert len(found.propensity) == 0
            continue
        matrix = encoder.matrix(layout.table([layout.read(case)], [len(case.pairs)]))
        model = calibrated(booster.predict(matrix, raw_score=True))
        trials = np.array([0.0 if pair["action.id"] == "delta" else 270.0 for pair in case.pairs])
        wanted = (case.evidence * case.prior + trials * model) / (case.evidence + trials)
        assert found.propensity == pytest.approx(wanted, rel=1e-12)
        assert found.features == layout.read(case)


def test_scores_do_not_depend_on_the_batch() -> None:
    """A decision scored alone has the same bits as among fifty others."""
    scorer = ModelScorer(load(*sealed()))
    cases = _cases()
    together = scorer.score(cases)
    for case, found in zip(cases, together, strict=True):
        assert scorer.score([case])[0].propensity.tobytes() == found.propensity.tobytes()
    assert scorer.score([]) == []


def test_new_action_gets_its_prior() -> None:
    """An action without trials gets p0 exactly; with more trials the model's word weighs more."""
    prior, predicted = np.full(4, 0.05), np.full(4, 0.4)
    found = smooth(predicted, np.array([0.0, 100.0, 300.0, 1e9]), prior, np.full(4, 100.0))
    assert found.tolist() == pytest.approx([0.05, 0.225, 0.3125, 0.4])
    assert smooth(predicted[:1], np.zeros(1), prior[:1], np.zeros(1)).tolist() == [0.05]


def test_new_action_of_a_known_group_starts_half_way() -> None:
    """It borrows trials of its group, at most as many as its prior evidence; own trials are not borrowed again."""
    model = load(*sealed())
    layout = FeatureLayout(DEFINITION)
    case = FactCase({}, [{"action.id": "omega"}] * 3, np.full(3, 0.02), np.array([10.0, 100.0, 2000.0]))
    table = layout.table([layout.read(case)], [3])
    predicted = model.model_propensity(table)
    known = model.propensity(table, Background(["omega"] * 3, ["things"] * 3, case.prior, case.evidence))
    assert known[:2] == pytest.approx((case.prior[:2] + predicted[:2]) / 2)
    assert known[2] == pytest.approx((2000 * 0.02 + 810 * predicted[2]) / 2810), "a group lends no more than it has"
    alone = model.propensity(table, Background(["omega"] * 3, ["nothing like it"] * 3, case.prior, case.evidence))
    assert alone == pytest.approx(case.prior)
    own = model.propensity(table, Background(["alpha"] * 3, ["things"] * 3, case.prior, np.full(3, 1e6)))
    assert own[0] == pytest.approx((1e6 * 0.02 + 810 * predicted[0]) / 1_000_810)


def test_propensities_are_strictly_inside() -> None:
    """Priors of 0 and 1 and beyond are pulled inside (0, 1)."""
    found = inside(np.array([0.0, 1.0, -3.0, 7.0, 0.5]))
    assert ((found > 0) & (found < 1)).all()
    case = FactCase({}, [{"action.id": "alpha"}] * 2, np.array([0.0, 1.0]), np.ones(2))
    scored = PriorScorer(DEFINITION).score([case])[0].propensity
    assert all(0 < value < 1 for value in scored)


def test_prior_scores_p0_and_logs_features() -> None:
    """Without a model the propensity is p0, and the features are logged for the first one."""
    scorer = PriorScorer(DEFINITION)
    case = random_case(np.random.default_rng(2))
    found = scorer.score([case])[0]
    assert found.propensity.tolist() == case.prior.tolist()
    assert found.features.definition_hash == DEFINITION.hash
    assert scorer.version == f"prior-{DEFINITION.hash[:8]}"
    assert scorer.reads == {feature.name for feature in DEFINITION.features} | {"action.group"}


def test_features_of_a_newer_definition_are_logged_beside_the_model() -> None:
    """A model that serves while another definition is wanted logs that one's features and says so in its version."""
    newer = definition_file.parse(DEFINITION.text.replace("title: For tests", "title: Newer"))
    scorer = ModelScorer(load(*sealed()), logs=newer)
    case = random_case(np.random.default_rng(2))
    assert scorer.version.endswith(f"+{newer.hash[:8]}")
    assert scorer.score([case])[0].features.definition_hash == newer.hash
    assert ModelScorer(load(*sealed()), logs=DEFINITION).version == sealed()[0]


def test_holes_everywhere_still_score() -> None:
    """A case without any fact gets a propensity, and unknown facts are ignored."""
    scorer = ModelScorer(load(*sealed()))
    bare = FactCase(
        {"zz": "?"}, [{}, {"action.id": "nobody", "action.value": "text"}], np.full(2, 0.1), np.full(2, 10.0)
    )
    found = scorer.score([bare])[0].propensity
    assert found.tolist() == [0.1, 0.1]
    assert not any(math.isnan(value) for value in found)
