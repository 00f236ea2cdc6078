"""starbucks: learned on 70 % of the customers, judged on the others: above uniform, not below the best single offer."""

from __future__ import annotations

from typing import Any

import numpy as np

from nba_training.ope.evaluation import EvaluationSettings, evaluate
from nba_training.ope.policy import ByPriority, SingleAction, Uniform
from nba_training.ope.reward_model import RewardModelSettings
from nba_training.policy_learning import LearnedPolicy, LearningSettings, learn_policy
from tests.prove import datasets

TOLERANCE = 0.02


def run(*, share: int = 100, draws: int = 1000) -> dict[str, Any]:
    """`share` per cent of the customers are read. Claims are what models say of themselves."""
    found = [item for item in datasets.starbucks() if _read(item[0], share)]
    split = datasets.halves(found)
    policy = learn_policy(split.learn[0])
    settings = EvaluationSettings(draws=draws)
    uniform = evaluate(*split.judge, policy, Uniform(), settings)
    single = evaluate(*split.judge, policy, SingleAction(policy.single), settings)
    figures: dict[str, Any] = {"n": uniform.n, "refused": uniform.refused, "best_single": policy.single}
    held = []
    for name in ("snips", "dr"):
        value, gain, gap = uniform.estimates[name], uniform.difference[name], single.difference[name]
        other = value.value - gap.value
        held += [gain.low > 0, gap.low > -TOLERANCE * other]
        figures[name] = {
            "value": [value.value, value.low, value.high],
            "minus_uniform": [gain.value, gain.low, gain.high],
            "minus_best_single": [gap.value, gap.low, gap.high],
            "lower_bound_of_best_single": gap.low / other,
        }
    figures |= _claims(split, policy)
    return figures | {"passed": all(held) and uniform.refused is None}


def _claims(split: datasets.Halves, policy: LearnedPolicy) -> dict[str, Any]:
    """The cautious policy, and the greedy one of a single regression on raw money, as most would do it."""
    naive = learn_policy(split.learn[0], LearningSettings(voters=2, tail=1.0, min_rows=20, rounds=300, leaves=31))
    greedy = ByPriority("greedy", lambda log: np.maximum(np.nan_to_num(naive.expected(log)), 1e-9), epsilon=0.0)
    found = evaluate(*split.judge, greedy, settings=EvaluationSettings(draws=100, model=RewardModelSettings(rounds=20)))
    claim, value = naive.claim_of(greedy, split.judge[0]), found.estimates["snips"].value
    return {
        "claim": policy.claim(split.judge[0]),
        "greedy_claim": claim,
        "greedy_value": value,
        "greedy_claim_too_high_by": claim / value - 1,
    }


def _read(customer: str, share: int) -> bool:
    return int(datasets.hashed(customer)[8:16], 16) % 100 < share
