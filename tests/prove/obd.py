"""obd: estimates equal the outside library's with the true chances, and pairs of policies with too little support are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nba_training.ope import estimators
from nba_training.ope.choices import Choices
from nba_training.ope.diagnostics import MIN_ESS
from nba_training.ope.evaluation import EvaluationSettings, evaluate, feedback
from nba_training.ope.log import Floats
from nba_training.ope.policy import SingleAction, Uniform
from nba_training.ope.reward_model import RewardModelSettings
from tests.prove import datasets

_FAST = EvaluationSettings(draws=100, model=RewardModelSettings(min_rows=1 << 40))
CAMPAIGNS = ("all", "men", "women")


@dataclass(frozen=True, slots=True)
class Thompson:
    """The Thompson-sampling policy of a campaign: its chance of each item depends on the position only."""

    by_position: np.ndarray
    name: str = "bts"

    def chances(self, choices: Choices) -> Floats:
        """From the table of the outside library's simulation."""
        items = np.array([int(name) for name in choices.names])[choices.candidates]
        return np.asarray(self.by_position[items, choices.position[:, None] - 1], dtype=np.float64)


def run(campaigns: Sequence[str] = CAMPAIGNS) -> dict[str, Any]:
    """Both ways for each campaign: random -> bts against the outside numbers, bts -> uniform for its support."""
    expected = datasets.vectors("obd_random_to_bts_visible.json")["expected"]
    figures: dict[str, Any] = {}
    exact, refused = [], []
    for campaign in campaigns:
        log, left_out = datasets.bandit("random", campaign)
        policy = Thompson(datasets.item_chances(campaign))
        terms = feedback(log, policy.chances(log))
        constant = np.full(log.candidates.shape, 0.004)
        wanted = expected[f"{campaign}/visible"]
        found = {
            "n": len(log),
            "ipw": estimators.ips(terms).value,
            "snipw": estimators.snips(terms).value,
            "dr_with_constant_q_0_004": estimators.doubly_robust(terms, constant).value,
        }
        gap = max(abs(found[name] / wanted[name] - 1) for name in found)
        exact.append(gap < 1e-9)
        other, other_left_out = datasets.bandit("bts", campaign)
        rarest = SingleAction(other.names[int(np.bincount(other.candidates[_rows(other), other.chosen]).argmin())])
        pairs = {
            "random_to_bts": evaluate(log, left_out, policy, settings=_FAST),
            "bts_to_uniform": evaluate(other, other_left_out, Uniform(), settings=_FAST),
            "bts_to_its_rarest_item": evaluate(other, other_left_out, rarest, settings=_FAST),
        }
        refused += [(found.diagnostics.ess < MIN_ESS) == (found.refused is not None) for found in pairs.values()]
        refused.append(pairs["bts_to_its_rarest_item"].refused is not None)
        figures[campaign] = {"largest_relative_gap": gap} | {name: _verdict(found) for name, found in pairs.items()}
    return figures | {"passed": all(exact) and all(refused)}


def _rows(choices: Choices) -> np.ndarray:
    return np.arange(len(choices))


def _verdict(found: Any) -> dict[str, Any]:
    return {"ess": found.diagnostics.ess, "max_weight": found.diagnostics.max_weight, "refused": found.refused}
