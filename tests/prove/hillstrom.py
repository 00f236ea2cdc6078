"""hillstrom: no false gain over the best single arm, said with its interval; the women's arm has a ranking worth having."""

from __future__ import annotations

from typing import Any

import numpy as np

from nba_training.measure.uplift import Trial, qini_area, uplift_area
from nba_training.ope.evaluation import EvaluationSettings, evaluate
from nba_training.ope.policy import SingleAction
from nba_training.policy_learning import learn_policy
from tests.prove import datasets


def run(*, draws: int = 1000) -> dict[str, Any]:
    """Learned minus best single arm for visits, and the uplift curve of the women's e-mail on customers not learned from."""
    split = datasets.halves(datasets.hillstrom("visit"))
    policy = learn_policy(split.learn[0])
    found = evaluate(*split.judge, policy, SingleAction(policy.single), EvaluationSettings(draws=draws))
    assert found.difference is not None
    gaps = {name: [gap.value, gap.low, gap.high] for name, gap in found.difference.items() if name in ("snips", "dr")}
    curve = _uplift(split)
    claims_a_gain = any(low > 0 for _, low, _ in gaps.values())
    return {
        "n": found.n,
        "best_single": policy.single,
        "learned_minus_best_single": gaps,
        "claims_a_gain": claims_a_gain,
        **curve,
        "passed": found.refused is None and not claims_a_gain and curve["auuc"] > 0 and curve["low"] > 0,
    }


def _uplift(split: datasets.Halves) -> dict[str, Any]:
    """Ranks by the difference of two models' rates, women's e-mail minus none; areas above a random ranking's, which is 0."""
    learned = learn_policy(split.learn[0])
    judged = split.judge[0]
    expected = learned.expected(judged)
    womens, nothing = (judged.column_of(name) for name in ("Womens E-Mail", "No E-Mail"))
    at = np.arange(len(judged))
    score = expected[at, womens] - expected[at, nothing]
    names = judged.candidates[at, judged.chosen]
    kept = np.isin(names, [judged.names.index("Womens E-Mail"), judged.names.index("No E-Mail")])
    trial = Trial(judged.reward[kept], (names[kept] == judged.names.index("Womens E-Mail")).astype(np.float64))
    ranked = score[kept]
    rng = np.random.default_rng(7)
    drawn = [_area(trial, ranked, rng.integers(0, len(ranked), len(ranked))) for _ in range(200)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {
        "auuc": uplift_area(trial, ranked),
        "low": float(low),
        "high": float(high),
        "qini": qini_area(trial, ranked),
    }


def _area(trial: Trial, score: np.ndarray, rows: np.ndarray) -> float:
    return uplift_area(Trial(trial.y[rows], trial.treated[rows]), score[rows])
