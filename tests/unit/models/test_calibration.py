"""Calibration: claimed rates are observed rates, ranks survive, and the kept form gives the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from nba_models import calibration
from nba_models.calibration import fit_isotonic, fit_sigmoid


def _world(rows: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    scores = rng.normal(0, 1.5, rows)
    return scores, rng.random(rows) < 1 / (1 + np.exp(-(0.6 * scores - 1.2)))


def test_sigmoid_finds_the_true_line() -> None:
    """On scores whose log odds are a line, slope and offset of that line come back."""
    fitted = fit_sigmoid(*_world())
    assert fitted.slope == pytest.approx(0.6, abs=0.03)
    assert fitted.offset == pytest.approx(-1.2, abs=0.05)


@pytest.mark.parametrize("fit", [fit_sigmoid, fit_isotonic])
def test_calibrated_rates_are_observed_rates(fit: object) -> None:
    """In tenths by score, the mean claim is within 0.02 of the observed rate; higher scores claim no less."""
    scores, labels = _world()
    claimed = fit(scores, labels)(scores)  # type: ignore[operator]
    order = np.argsort(scores)
    for part in np.array_split(order, 10):
        assert claimed[part].mean() == pytest.approx(labels[part].mean(), abs=0.02)
    assert (np.diff(claimed[order]) >= 0).all()
    assert claimed.min() > 0
    assert claimed.max() < 1


@pytest.mark.parametrize("fit", [fit_sigmoid, fit_isotonic])
def test_kept_form_gives_the_same_bits(fit: object) -> None:
    """Writing and reading a calibration changes no bit, and a row's value does not depend on its neighbours."""
    scores, labels = _world(500)
    fitted = fit(scores, labels)  # type: ignore[operator]
    back = calibration.from_json(fitted.to_json())
    assert back(scores).tobytes() == fitted(scores).tobytes()
    assert back(scores[17:18]).tobytes() == fitted(scores)[17:18].tobytes()


def test_useless_scores_give_the_base_rate() -> None:
    """Scores that rank the wrong way round claim the base rate for everybody, not the opposite."""
    scores, labels = _world(2_000)
    claimed = fit_sigmoid(-scores, labels)(scores)
    assert claimed == pytest.approx(np.full(2_000, labels.mean()), abs=0.01)


@pytest.mark.parametrize(
    "text",
    ['{"kind": "other"}', '{"kind": "isotonic", "scores": [2, 1], "rates": [0, 1]}', "[]", "{", '{"kind": "sigmoid"}',
     '{"kind": "sigmoid", "slope": 1e999, "offset": 0}', '{"kind": "isotonic", "scores": [], "rates": []}'],
)  # fmt: skip
def test_damaged_form_is_refused(text: str) -> None:
    """What is no calibration raises an error that the loader knows."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        calibration.from_json(text.encode())


def test_equal_scores_have_one_rate() -> None:
    """A few distinct scores on many rows, where sums round: each has one rate, in order, and the calibration reads back."""
    rng = np.random.default_rng(4)
    scores = rng.choice(np.array([-0.3, -0.1, 0.1, 0.1 + 1e-16, 0.7]), 5000)
    found = fit_isotonic(scores, rng.random(5000) < 0.5)
    assert len(set(found.scores)) == len(found.scores)
    assert calibration.from_json(found.to_json()) == found
