"""Exploration: what is logged is what happens. Frequencies against logged chances, slates, new actions, batches."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nba_server.domain.action import Exploration, ExplorationKind
from nba_server.domain.decision import Decision, decide
from nba_server.domain.draw import uniform
from nba_server.domain.exploration import Contest, chances, choose
from nba_server.domain.propensity import CaseScores, FeatureColumns, ScoringCase
from nba_server.domain.thompson import log_belief
from tests.unit.domain.builder import action, asking, catalog

NONE, EPSILON, SOFTMAX, THOMPSON = ExplorationKind
RULES = (
    Exploration(NONE),
    Exploration(EPSILON, epsilon=0.2),
    Exploration(SOFTMAX, temperature=0.3, floor=0.02),
    Exploration(THOMPSON, floor=0.05),
    Exploration(THOMPSON, floor=0.02, new_share=0.1, mature_after=100),
    Exploration(NONE, new_share=0.2, mature_after=100),
)
SEEDS = range(1, 4001)


class Fixed:
    """A scorer that knows three actions well, ties two of them, and has never seen the fourth."""

    version = "fixed"
    reads = frozenset({"action.id"})

    def score(self, cases: list[ScoringCase]) -> list[CaseScores]:
        """The same for everybody."""
        columns = (np.array([0.10, 0.10, 0.08, 0.05]), np.array([300.0, 300.0, 300.0, 20.0]))
        return [CaseScores(columns[0], FeatureColumns(""), columns[1], np.array([300.0, 300.0, 300.0, 0.0]))] * len(
            cases
        )


def _decided(rule: Exploration, seeds: range, slots: int = 1) -> list[Decision]:
    shop = catalog(*(action(name) for name in "abcd"), exploration=rule, slots=slots)
    return decide([replace(asking(), seed=uniform_seed(seed)) for seed in seeds], shop, Fixed())


def uniform_seed(number: int) -> int:
    """A 64-bit seed."""
    return int(uniform(number) * 2**53) << 11 | number


def chi_square_ok(observed: np.ndarray, wanted: np.ndarray, degrees: int) -> bool:
    """Whether the statistic is below its 99.9 % quantile (Wilson, Hilferty 1931)."""
    statistic = float(((observed - wanted) ** 2 / wanted).sum())
    quantile = degrees * (1 - 2 / (9 * degrees) + NormalDist().inv_cdf(0.999) * (2 / (9 * degrees)) ** 0.5) ** 3
    return statistic < quantile


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.kind}-{rule.new_share}")
def test_frequencies_match_logged_chances(rule: Exploration) -> None:
    """Over 4,000 decisions each action is picked as often as its logged chances add up to (chi-square, fixed seeds)."""
    decisions = _decided(rule, SEEDS)
    logged = np.array([[c.pick_probability for c in decision.candidates] for decision in decisions])
    picked = Counter(decision.picks[0].candidate for decision in decisions)
    observed = np.array([picked[place] for place in range(4)], dtype=float)
    assert logged.sum(axis=1) == pytest.approx(1.0)
    likely = logged.sum(axis=0) > 0
    assert observed[~likely].sum() == 0
    assert chi_square_ok(observed[likely], logged.sum(axis=0)[likely], int(likely.sum()) - 1 or 1)
    for decision, row in zip(decisions, logged, strict=True):
        assert decision.picks[0].pick_probability == row[decision.picks[0].candidate]


@pytest.mark.parametrize("rule", RULES[1:5], ids=lambda rule: f"{rule.kind}-{rule.new_share}")
def test_second_positions_are_conditional_on_the_first(rule: Exploration) -> None:
    """Where an action is left for the second position, 1 / chance over its picks averages to 1."""
    decisions = _decided(rule, SEEDS, slots=2)
    for place in range(4):
        left = [decision for decision in decisions if decision.picks[0].candidate != place]
        seconds = [decision.picks[1] for decision in left]
        weights = np.array([(pick.candidate == place) / pick.pick_probability for pick in seconds])
        assert abs(weights.mean() - 1) < 4 * weights.std() / len(left) ** 0.5


def test_equal_inputs_give_equal_bits_alone_and_in_a_batch() -> None:
    """A decision does not depend on what else is in the batch, and deciding again gives the same chances bit for bit."""
    for rule in RULES:
        together = _decided(rule, range(1, 30), slots=3)
        for seed, decision in zip(range(1, 30), together, strict=True):
            (alone,) = _decided(rule, range(seed, seed + 1), slots=3)
            assert alone.candidates == decision.candidates
            assert alone.picks == decision.picks


@given(
    st.lists(st.floats(-6, 6), min_size=1, max_size=12),
    st.lists(st.floats(0.0001, 0.999), min_size=12, max_size=12),
    st.sampled_from(RULES),
    st.integers(0, 2**64 - 1),
)
def test_chances_are_a_distribution_with_its_floor(
    priorities: list[float], propensities: list[float], rule: Exploration, seed: int
) -> None:
    """Chances sum to 1, are at least the floor among those who compete, and the pick has the chance of what was picked."""
    size = len(priorities)
    evidence, trials = np.full(size, 50.0), np.arange(size) * 40.0
    contest = Contest(np.array(priorities), np.array(propensities[:size]), evidence, trials, seed, 0, 1)
    found, drawn = choose(contest, rule)
    assert found.sum() == pytest.approx(1.0)
    assert found[drawn.index] == drawn.probability > 0
    assert (found == chances(contest, rule)).all()
    assert (found >= rule.floor * (1 - rule.new_share) / size - 1e-12).all()


def test_new_actions_get_their_share_and_no_more() -> None:
    """With a new action among mature ones its chance is exactly the share, whatever the model makes of it."""
    for decision in _decided(RULES[4], range(1, 50)):
        assert decision.candidates[3].pick_probability == 0.1
        assert decision.candidates[3].trials == 0.0
    alone = Contest(np.zeros(2), np.full(2, 0.1), np.full(2, 9.0), np.zeros(2), 7, 0, 1)
    assert chances(alone, RULES[5]).tolist() == [0.5, 0.5], "with nothing mature there is nothing to bound"


def test_thompson_gives_chances_to_what_is_uncertain() -> None:
    """Of two actions of equal propensity below the best, the one with less evidence wins more often."""
    contest = Contest(
        np.log([0.10, 0.08, 0.08]), np.array([0.10, 0.08, 0.08]), np.array([5000.0, 5000.0, 50.0]), np.zeros(3), 3, 0, 1
    )
    best, sure, unsure = chances(contest, Exploration(THOMPSON, floor=0.03, draws=4096))
    assert best > unsure > 5 * sure
    assert sure == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize(("propensity", "evidence"), [(0.5, 2.0), (0.05, 100.0), (0.3, 30.0), (0.9, 1000.0)])
def test_belief_has_the_moments_of_the_beta(propensity: float, evidence: float) -> None:
    """Mean and deviation of log p equal those of Beta draws."""
    mean, spread = log_belief(np.array([propensity]), np.array([evidence]))
    drawn = np.log(np.random.default_rng(1).beta(propensity * evidence, (1 - propensity) * evidence, 400_000))
    assert mean[0] == pytest.approx(drawn.mean(), abs=0.01)
    assert spread[0] == pytest.approx(drawn.std(), rel=0.01)


def test_thompson_numbers_are_fixed_for_all_time() -> None:
    """The raw stream is Philox's: this share must never change, or old decisions cannot be recomputed."""
    contest = Contest(
        np.log([1.0, 0.9, 0.8]), np.array([0.1, 0.09, 0.08]), np.array([100.0, 80.0, 60.0]), np.zeros(3), 42, 1, 2
    )
    assert (chances(contest, Exploration(THOMPSON, draws=256)) * 256).tolist() == [109.0, 94.0, 53.0]
