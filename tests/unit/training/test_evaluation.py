"""Off-policy evaluation from choices to answer: values whose truth is known, slates, refusals, tuning, cheap intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nba_training.logs.choice import LoggedCandidate, LoggedChoice
from nba_training.ope import estimators
from nba_training.ope.choices import Choices, LeftOut
from nba_training.ope.evaluation import EvaluationSettings, evaluate, feedback, weigh
from nba_training.ope.influence import influence, influence_difference
from nba_training.ope.intervals import bootstrap, bootstrap_difference
from nba_training.ope.policy import ByPriority, Logged, SingleAction, Uniform, unsupported
from nba_training.ope.reward_model import cross_fitted, folds
from nba_training.ope.slate import Slate, earlier_weights
from nba_training.ope.tuning import shrinkage, switch_tau
from tests.unit.training.logged import RATES, built, small_log

FAST = EvaluationSettings(draws=200)
BEST = np.mean([0.3, 0.4])
"""Beta for the old kind and alpha for the new one."""


def _oracle(choices: Choices) -> np.ndarray:
    """Propensities of whoever knows the truth."""
    kind = choices.features.table.numbers[choices.features.row[:, 0], 0].astype(int)
    rates = np.array([RATES[name] for name in choices.names])
    return np.where(choices.present, rates[np.maximum(choices.candidates, 0), kind[:, None]], 0.0)


def test_every_estimator_holds_the_truth_of_a_better_policy() -> None:
    """The oracle's value lies in the interval of each estimator, and its gain over the log is above zero."""
    choices, left_out = built(small_log(6000, 1))
    found = evaluate(choices, left_out, ByPriority("oracle", _oracle, epsilon=0.0), Logged(), FAST)
    assert (found.refused, found.n) == (None, 6000)
    for name in ("ips", "snips", "dr", "switch_dr", "dros", "replay"):
        assert found.estimates[name].low <= BEST <= found.estimates[name].high, name
    assert found.difference is not None
    assert found.difference["dr"].low > 0
    width = {name: item.high - item.low for name, item in found.estimates.items()}
    assert width["dr"] < width["ips"]


def test_the_logged_policy_is_worth_the_mean_reward() -> None:
    """Its weights are all 1, whether the log names every chance or only that of the pick."""
    for known in (True, False):
        choices, left_out = built(small_log(900, 2, known=known))
        found = evaluate(choices, left_out, Logged(), settings=FAST)
        assert found.refused is None
        assert found.estimates["ips"].value == pytest.approx(choices.reward.mean())
        assert found.estimates["snips"].value == pytest.approx(choices.reward.mean())
        assert (found.diagnostics.max_weight, found.diagnostics.ess) == (pytest.approx(1.0), pytest.approx(900))


def test_policies_give_chances_that_sum_to_one() -> None:
    """Also where sets differ in size; epsilon goes to all candidates, ties share the rest."""
    choices, _ = built(small_log(60, 3, slots=2))
    flat = ByPriority("flat", lambda log: np.full(log.candidates.shape, 0.2), epsilon=0.3)
    for policy in (Logged(), Uniform(), SingleAction("beta"), flat, ByPriority("oracle", _oracle, epsilon=0.1)):
        assert policy.chances(choices).sum(axis=1) == pytest.approx(np.ones(len(choices)))
        assert not policy.chances(choices)[~choices.present].any()
    assert flat.chances(choices)[0] == pytest.approx([1 / 3] * 3)


def test_a_single_action_follows_the_log_where_it_is_no_candidate() -> None:
    """Second positions whose first one took the action keep the logged chances."""
    choices, _ = built(small_log(300, 4, slots=2))
    chances = SingleAction("alpha").chances(choices)
    gone = choices.column_of("alpha") < 0
    assert gone.any()
    assert chances[gone] == pytest.approx(np.nan_to_num(choices.logged[gone]))
    assert chances[~gone].max(axis=1) == pytest.approx(np.ones(np.count_nonzero(~gone)))


def test_a_policy_beyond_the_log_is_refused_with_the_reason() -> None:
    """An action that the log could never pick: counted, refused, no estimate given."""
    log = [
        replace(item, candidates=(*item.candidates, LoggedCandidate("delta", 0.0, row=0))) for item in small_log(900, 5)
    ]
    choices, left_out = built(log)
    assert unsupported(choices, Uniform().chances(choices)) == 900
    found = evaluate(choices, left_out, Uniform(), Logged(), FAST)
    assert "could never pick" in (found.refused or "")
    assert (found.estimates, found.difference) == ({}, None)
    assert found.diagnostics.unsupported == 900


def test_too_many_substituted_picks_are_refused() -> None:
    """They stay in the denominator: 20 of 920 are above one per cent, 5 of 905 are not."""
    choices, _ = built(small_log(900, 6))
    many = evaluate(choices, LeftOut({}, substituted=20, kept=900), Uniform(), settings=FAST)
    assert "substituted" in (many.refused or "")
    assert evaluate(choices, LeftOut({}, substituted=5, kept=900), Uniform(), settings=FAST).refused is None


def test_an_empty_log_is_refused_in_words() -> None:
    """Nothing to evaluate is an answer, not an error, and it says what was left out."""
    choices, left_out = built([replace(item, pick_probability=float("nan")) for item in small_log(5, 7)])
    assert "5 no pick probability" in (evaluate(choices, left_out, Uniform(), settings=FAST).refused or "")


def test_slate_positions_alone_and_as_a_cascade() -> None:
    """Independent positions follow the log's first choice, the cascade the policy's; both hold their own truth."""
    log = small_log(12000, 8, (0.4, 0.3, 0.3), slots=2)
    choices, left_out = built(log)
    policy = ByPriority("oracle", _oracle, epsilon=0.3)
    independent = evaluate(choices, left_out, policy, settings=FAST).estimates["dr"]
    cascade = evaluate(choices, left_out, policy, settings=EvaluationSettings(Slate.CASCADE, draws=200)).estimates
    truth = _slate_truth()
    assert cascade["dr"].low <= truth <= cascade["dr"].high
    assert cascade["ips"].low <= truth <= cascade["ips"].high
    assert independent.value > cascade["dr"].value, "the log leaves the best for the second position more often"
    assert "replay" not in cascade


def _slate_truth(epsilon: float = 0.3) -> float:
    """The oracle's mean reward a position, by enumeration."""
    total = 0.0
    for kind in (0, 1):
        rates = [RATES[name][kind] for name in RATES]
        for first, chance in enumerate(_chances(rates, epsilon)):
            rest = [rate for place, rate in enumerate(rates) if place != first]
            second = sum(p * rate for p, rate in zip(_chances(rest, epsilon), rest, strict=True))
            total += chance * (rates[first] + second) / 4
    return total


def _chances(rates: list[float], epsilon: float) -> list[float]:
    best = max(rates)
    return [(1 - epsilon) * (rate == best) + epsilon / len(rates) for rate in rates]


def test_earlier_weights_are_products_within_a_slate() -> None:
    """1 for the first position, then the product of what came before, whatever the order of the rows."""
    weights, slate, position = np.array([3.0, 2.0, 5.0, 7.0]), np.array([0, 0, 1, 0]), np.array([2, 1, 1, 3])
    assert earlier_weights(weights, slate, position).tolist() == [2.0, 1.0, 1.0, 6.0]


def test_no_offer_is_a_candidate_like_any_other() -> None:
    """A log that sometimes sent nothing answers for sending nothing, and for never doing so."""
    log = [
        replace(item, candidates=tuple(replace(c, name="" if c.name == "gamma" else c.name) for c in item.candidates))
        for item in small_log(6000, 9)
    ]
    choices, left_out = built(log)
    nothing = evaluate(choices, left_out, SingleAction(""), settings=FAST).estimates["snips"]
    assert nothing.low <= 0.2 <= nothing.high
    flat = ByPriority("flat", lambda log: np.full(log.candidates.shape, 0.5), epsilon=0.0)
    assert not flat.chances(choices)[choices.candidates == choices.names.index("")].any()


def test_the_reward_model_never_saw_the_customer() -> None:
    """Folds keep customers together, and a reward that is the customer's alone cannot be predicted."""
    choices, _ = built(small_log(1500, 10))
    fold = folds(choices.customer, 5, 1)
    for customer in np.unique(choices.customer)[:50]:
        assert len(set(fold[choices.customer == customer])) == 1
    q = cross_fitted(choices)
    kind = choices.features.table.numbers[choices.features.row[:, 0], 0]
    beta = choices.column_of("beta")
    guessed = [q[kind == value, beta[kind == value]].mean() for value in (0.0, 1.0)]
    assert guessed == pytest.approx([0.3, 0.1], abs=0.06)
    luck = np.random.default_rng(0).random(len(np.unique(choices.customer)))
    own = replace(choices, reward=luck[np.unique(choices.customer, return_inverse=True)[1]])
    at = np.arange(len(own))
    assert abs(np.corrcoef(cross_fitted(own)[at, own.chosen], own.reward)[0, 1]) < 0.2


def test_thresholds_by_the_bound_keep_the_estimate_close_to_plain_dr() -> None:
    """With mild weights nothing is cut; with one huge weight on a bad residual the bound cuts it."""
    choices, _ = built(small_log(3000, 11))
    q = cross_fitted(choices)
    log = feedback(choices, Uniform().chances(choices))
    plain = estimators.doubly_robust(log, q).value
    assert estimators.switch_doubly_robust(log, q, tau=switch_tau(log, q)).value == pytest.approx(plain, abs=0.01)
    assert estimators.shrunk_doubly_robust(log, q, lam=shrinkage(log, q)).value == pytest.approx(plain, abs=0.01)
    rare, logged = log.pick_probability.copy(), choices.logged.copy()
    rare[:3] = 1e-4
    logged[np.arange(3), choices.chosen[:3]] = 1e-4
    wild = replace(log, pick_probability=rare)
    assert switch_tau(wild, q, logged) < wild.weights.max()
    tamed = estimators.shrunk_doubly_robust(wild, q, lam=shrinkage(wild, q, logged)).value
    assert tamed == pytest.approx(plain, abs=0.05)
    assert abs(estimators.doubly_robust(wild, q).value - plain) > 0.2


def test_the_influence_interval_equals_the_bootstrap() -> None:
    """On 20 logs with clustered customers both ends agree within a tenth of the width, for values and differences."""
    gaps = []
    for seed in range(20):
        choices, _ = built(small_log(1500, seed))
        q = cross_fitted(choices)
        one = weigh(choices, Uniform().chances(choices), q, Slate.INDEPENDENT)
        two = weigh(choices, Logged().chances(choices), q, Slate.INDEPENDENT)
        for name in ("snips", "dr"):
            pairs = (
                (bootstrap(one[name], choices.customer, seed=seed), influence(one[name], choices.customer)),
                (
                    bootstrap_difference(one[name], two[name], choices.customer, seed=seed),
                    influence_difference(one[name], two[name], choices.customer),
                ),
            )
            for drawn, cheap in pairs:
                width = drawn.high - drawn.low
                gaps.append(max(abs(drawn.low - cheap.low), abs(drawn.high - cheap.high)) / width)
    assert float(np.mean(gaps)) < 0.05
    assert max(gaps) < 0.12


def test_an_open_candidate_set_is_what_was_chosen_there() -> None:
    """Where the log does not name the others, everything chosen on the same site could have been."""
    log = [
        LoggedChoice(
            f"{place * 2:016x}", place, str(place), 1, (LoggedCandidate(name),), 0, 0.5, 0.0, site=site, open_set=True
        )
        for place, (name, site) in enumerate([("a", "web"), ("b", "web"), ("a", "mail")])
    ]
    choices, _ = built(log)
    assert choices.present.sum(axis=1).tolist() == [2, 2, 1]
