"""Off-policy estimators against the numbers of an outside library, and what they must do on logs whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nba_training.ope import estimators
from nba_training.ope.diagnostics import diagnose, refusal
from nba_training.ope.intervals import bootstrap, bootstrap_difference
from nba_training.ope.log import LoggedFeedback

VECTORS = Path(__file__).resolve().parents[4] / "shared/data/peer_vectors/ope_small.json"


def _world(n: int, seed: int, *, logging: list[float], evaluated: list[float]) -> LoggedFeedback:
    """A log of three actions with reward rates 0.1, 0.2, 0.4."""
    rng = np.random.default_rng(seed)
    action = rng.choice(3, n, p=logging)
    reward = (rng.random(n) < np.array([0.1, 0.2, 0.4])[action]).astype(np.float64)
    return LoggedFeedback(
        action=action,
        reward=reward,
        pick_probability=np.array(logging)[action],
        policy=np.tile(np.array(evaluated), (n, 1)),
        customer=np.arange(n) // 3,
    )


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared peer vectors are not beside this checkout")
def test_every_estimator_equals_the_outside_library() -> None:
    """Each estimator gives the outside library's number to nine digits."""
    data: dict[str, Any] = json.loads(VECTORS.read_text())
    expected = data["expected"]
    log = LoggedFeedback(
        action=np.array(data["action"]),
        reward=np.array(data["reward"]),
        pick_probability=np.array(data["pscore"]),
        policy=np.array(data["evaluation_policy"]),
        customer=np.array([], dtype=np.int64),
    )
    q = np.array(data["q_hat"])
    found = {
        "ipw": estimators.ips(log),
        "ipw_weight_clip_lambda_3": estimators.ips(log, clip=3),
        "snipw": estimators.snips(log),
        "dm": estimators.direct(log, q),
        "dr": estimators.doubly_robust(log, q),
        "dr_weight_clip_lambda_3": estimators.doubly_robust(log, q, clip=3),
        "sndr": estimators.self_normalised_doubly_robust(log, q),
        "switch_dr_tau_2": estimators.switch_doubly_robust(log, q, tau=2),
        "dros_lambda_5": estimators.shrunk_doubly_robust(log, q, lam=5),
        "replay_of_argmax_policy": estimators.replay(log),
    }
    for name, terms in found.items():
        assert terms.value == pytest.approx(expected[name], rel=1e-9), name
    kish = expected["effective_sample_size_kish (plain formula, not obp)"]
    assert diagnose(log).ess == pytest.approx(kish, rel=1e-9)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Over 60 logs the 95 % interval of SNIPS holds the true value in at least 50 of them."""
    truth = 0.1 * 0.1 + 0.1 * 0.2 + 0.8 * 0.4
    covered = 0
    for seed in range(60):
        log = _world(900, seed, logging=[1 / 3, 1 / 3, 1 / 3], evaluated=[0.1, 0.1, 0.8])
        estimate = bootstrap(estimators.snips(log), log.customer, seed=seed, draws=300)
        covered += estimate.low <= truth <= estimate.high
    assert covered >= 50


def test_a_policy_does_not_differ_from_itself() -> None:
    """The interval of a policy against itself is exactly zero: what the two share cancels."""
    log = _world(500, 3, logging=[0.5, 0.3, 0.2], evaluated=[0.2, 0.2, 0.6])
    terms = estimators.snips(log)
    found = bootstrap_difference(terms, terms, log.customer, seed=1, draws=100)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_log_without_support_is_refused_in_words() -> None:
    """A policy that does what the log hardly ever did gets a refusal that names the effective sample size."""
    log = _world(2000, 5, logging=[0.98, 0.01, 0.01], evaluated=[0.0, 0.0, 1.0])
    assert "effective sample size" in (refusal(diagnose(log)) or "")


def test_wrong_probabilities_are_noticed() -> None:
    """A log whose pick probabilities are not those of the policy that logged is refused."""
    log = _world(4000, 7, logging=[0.4, 0.3, 0.3], evaluated=[0.3, 0.3, 0.4])
    wrong = LoggedFeedback(log.action, log.reward, np.full(4000, 0.2), log.policy, log.customer)
    assert "mean weight" in (refusal(diagnose(wrong)) or "")
    assert refusal(diagnose(log)) is None


def test_a_missing_probability_is_an_error_that_names_the_field() -> None:
    """Rows without a pick probability cannot be evaluated, and the message says so."""
    with pytest.raises(ValueError, match="pick_probability"):
        LoggedFeedback(np.array([0]), np.array([1.0]), np.array([0.0]), np.array([[1.0]]), np.array([0]))
