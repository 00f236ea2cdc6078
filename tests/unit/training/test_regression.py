"""The regression: it finds what made the rows, forgets when tastes turn, knows how sure it is, and serves like any model."""

from __future__ import annotations

import numpy as np
import pytest

from nba_models.encoder import Encoder
from nba_models.regression import Regression
from nba_training.arrowhead import Arrowhead, Pair
from nba_training.regression import Rows, regress

ENCODER = Encoder(("customer.age",), ("action.id",), (("a", "b", "c"),))


def _rows(slopes: tuple[float, float, float], count: int, seed: int) -> Rows:
    """Answers whose log odds are -1 + slope x age."""
    rng = np.random.default_rng(seed)
    age, action = rng.standard_normal(count), rng.integers(0, 3, count)
    chance = 1 / (1 + np.exp(1 - np.array(slopes)[action] * age))
    matrix = np.column_stack([age, action.astype(float)])
    return Rows(matrix, rng.random(count) < chance, np.full(count, 0.2), np.full(count, 20.0))


def _joined(first: Rows, second: Rows) -> Rows:
    pairs = zip(
        (first.matrix, first.positive, first.prior, first.evidence),
        (second.matrix, second.positive, second.prior, second.evidence),
        strict=True,
    )
    return Rows(*(np.concatenate(pair) for pair in pairs))


def test_it_finds_the_slopes() -> None:
    """Three thousand rows give each action's slope, and an action that was never seen what the others share."""
    found = regress(ENCODER, _rows((1.0, 0.0, -1.0), 3000, 1))
    assert found.weights[:3, 1] == pytest.approx((1.0, 0.0, -1.0), abs=0.2)
    assert found.variances[3, 0] > 2 * found.variances[:3, 0].max()


def test_it_forgets_when_tastes_turn_and_only_then() -> None:
    """After a turn the new slopes count, and the weights are less sure than after as many rows without one."""
    before, after = _rows((1.0, 0.0, -1.0), 2400, 2), _rows((-1.0, 0.0, 1.0), 600, 3)
    turned = regress(ENCODER, _joined(before, after))
    steady = regress(ENCODER, _joined(before, _rows((1.0, 0.0, -1.0), 600, 3)))
    assert turned.weights[0, 1] < -0.5
    assert turned.weights[2, 1] > 0.5
    assert turned.variances[:3].mean() > 2 * steady.variances[:3].mean()


def test_its_parts_sum_to_its_score_and_it_survives_its_file() -> None:
    """Contributions sum to the log odds, also of unknown actions and holes; reading what was written gives the same bits."""
    found = regress(ENCODER, _rows((1.0, 0.0, -1.0), 900, 4))
    matrix = np.array([[0.5, 0.0], [np.nan, 2.0], [-1.0, np.nan]])
    score = found.predict(matrix, raw_score=True)
    assert found.predict(matrix, pred_contrib=True).sum(axis=1) == pytest.approx(score)
    again = Regression.read(found.model_to_string())
    assert again.predict(matrix).tolist() == score.tolist()
    assert [again.predict(row[None]).item() for row in matrix] == score.tolist()


@pytest.mark.parametrize("harm", ['"weights": [8', '"terms": [[9', '"action": 7'])
def test_a_damaged_file_is_refused(harm: str) -> None:
    """What does not fit together is no regression."""
    text = regress(ENCODER, _rows((1.0, 0.0, -1.0), 300, 5)).model_to_string()
    key = harm.split(":")[0]
    start = text.index(key)
    with pytest.raises((ValueError, KeyError, TypeError)):
        Regression.read(text[:start] + harm + text[start + len(harm) :])


def test_an_arrowhead_is_the_matrix_that_it_stands_for() -> None:
    """Product, solution, determinant and variances equal those of the full matrix."""
    rng = np.random.default_rng(6)
    width, actions = 3, 4
    parts = [root @ root.T for root in rng.standard_normal((actions, width, width))]
    arrow = Arrowhead.diagonal(np.ones(width), np.full((actions, width), 0.5)).plus(
        Arrowhead(np.sum(parts, axis=0), np.array(parts), np.array(parts))
    )
    whole = np.zeros((width * (actions + 1),) * 2)
    whole[:width, :width] = arrow.shared
    for place in range(actions):
        at = slice(width * (place + 1), width * (place + 2))
        whole[:width, at] = whole[at, :width] = arrow.cross[place]
        whole[at, at] = arrow.own[place]
    right = Pair(rng.standard_normal(width), rng.standard_normal((actions, width)))
    flat = np.concatenate([right.shared, right.own.ravel()])
    product, solution = arrow.times(right), arrow.solve(right)
    assert np.concatenate([product.shared, product.own.ravel()]) == pytest.approx(whole @ flat)
    assert np.concatenate([solution.shared, solution.own.ravel()]) == pytest.approx(np.linalg.solve(whole, flat))
    assert arrow.log_determinant() == pytest.approx(np.linalg.slogdet(whole)[1])
    inverse = np.linalg.inv(whole)
    total = np.tile(np.eye(width), actions + 1)
    shared, both = arrow.variances()
    assert shared == pytest.approx(np.diag(inverse)[:width])
    for place in range(actions):
        pick = np.zeros_like(total)
        pick[:, :width] = pick[:, width * (place + 1) : width * (place + 2)] = np.eye(width)
        assert both[place] == pytest.approx(np.diag(pick @ inverse @ pick.T))
