"""The gate on trials with a known truth: how often an equal challenger is promoted, and how often one that earns 10 % more.

In half of the choices the better challenger takes an action that earns 20 % more; the equal one takes another action that earns
the same. Rewards, choices and customers are drawn anew for each trial.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nba_models.definition import Feature, FeatureKind, FeatureScope, Gates, ModelDefinition
from nba_models.features import FeatureLayout, RawTable
from nba_training.budget import allowance
from nba_training.ope.choices import CandidateFeatures, Choices, LeftOut
from nba_training.ope.estimators import snips
from nba_training.ope.evaluation import feedback
from nba_training.ope.influence import influence_difference
from nba_training.ope.intervals import bootstrap_difference
from nba_training.ope.log import Floats
from nba_training.ope.policy import ByPriority
from nba_training.value_gate import judge_value

BASE_RATE = 0.4
EPSILON = 0.4
LIFT = 1.2
LAYOUT = FeatureLayout(
    ModelDefinition("trials", "", (Feature("segment", FeatureKind.NUMBER, FeatureScope.SHARED),), hash="trials")
)
CHECK = "policy value over the live one's"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial's figures."""

    promoted: bool
    ess: float
    base_rate: float


def _priority(second: bool) -> ByPriority:
    """The live policy takes action 0; a challenger takes `second` in segment 1."""

    def propensity(choices: Choices) -> Floats:
        segment = choices.features.table.numbers[:, 0].astype(bool)
        found = np.full(choices.candidates.shape, 0.1)
        found[:, 0] = 0.5
        found[segment & second, 1] = 0.9
        return found

    return ByPriority("challenger" if second else "live", propensity)


def log(seed: int, n: int, lift: float) -> Choices:
    """`n` choices among four actions, three a customer, logged by the live policy with epsilon."""
    rng = np.random.default_rng(seed)
    segment = rng.random(n) < 0.5
    rates = np.full((n, 4), BASE_RATE)
    rates[segment, 1] *= lift
    rates[:, 2:] *= 0.7
    chances = np.full((n, 4), EPSILON / 4)
    chances[:, 0] += 1 - EPSILON
    chosen = (rng.random(n)[:, None] > np.cumsum(chances, axis=1)).sum(axis=1).clip(0, 3)
    rows = np.arange(n)
    everywhere = np.ones((n, 4))
    return Choices(
        names=("a", "b", "c", "d"),
        candidates=np.tile(np.arange(4), (n, 1)),
        chosen=chosen,
        pick_probability=chances[rows, chosen],
        logged=chances,
        reward=(rng.random(n) < rates[rows, chosen]).astype(float),
        customer=rows // 3,
        at_ms=rows,
        slate=rows,
        position=np.ones(n, dtype=np.int64),
        prior=everywhere * 0.1,
        evidence=everywhere,
        worth=everywhere,
        epsilon=np.full(n, EPSILON),
        features=CandidateFeatures(
            LAYOUT, RawTable(segment[:, None].astype(float), ()), np.tile(rows[:, None], (1, 4))
        ),
        groups=("g",) * 4,
    )


def trial(seed: int, n: int, lift: float) -> Trial:
    """One judgement, with the chance of error that a first judgement takes."""
    gates = Gates()
    choices = log(seed, n, lift)
    alpha = allowance(gates.error_budget, None, 0)
    found = judge_value(
        choices, LeftOut({}), _priority(second=True), _priority(second=False), gates, alpha=alpha, seed=seed
    )
    if found.evaluation is None:  # a log that was refused, as one in hundreds is by chance, promotes nobody
        return Trial(False, 0.0, float(choices.reward.mean()))
    promoted = next(check.passed for check in found.checks if check.name == CHECK)
    return Trial(promoted, found.evaluation.diagnostics.ess, float(choices.reward.mean()))


def intervals_agree(trials: int, n: int) -> float:
    """The largest gap between the bounds of influence function and bootstrap, as a share of the interval's width."""
    gaps = []
    for seed in range(trials):
        choices = log(seed, n, LIFT)
        mine, live = (snips(feedback(choices, _priority(second).chances(choices))) for second in (True, False))
        one = influence_difference(mine, live, choices.customer)
        other = bootstrap_difference(mine, live, choices.customer, seed=seed)
        gaps.append(max(abs(one.low - other.low), abs(one.high - other.high)) / (one.high - one.low))
    return max(gaps)


def run(*, trials: int = 200, n: int = 20_000, kept: Path | None = Path("prove-gate.json")) -> dict[str, Any]:
    """Finished trials are kept in a file, so that a run that was cut off goes on."""
    known: dict[str, list[float]] = json.loads(kept.read_text()) if kept and kept.exists() else {}
    rates, ess, base = {}, [], []
    for name, lift in (("equal", 1.0), ("better", LIFT)):
        promoted = 0
        for seed in range(trials):
            key = f"{name}-{n}-{seed}"
            if key not in known:
                found = trial(10_000 * (name == "better") + seed, n, lift)
                known[key] = [float(found.promoted), found.ess, found.base_rate]
                if kept is not None:
                    kept.write_text(json.dumps(known))
            promoted += int(known[key][0])
            ess.append(known[key][1])
            base.append(known[key][2])
        rates[name] = promoted / trials
    gap = intervals_agree(min(20, trials), n)
    return {
        "trials": trials,
        "decisions": n,
        "equal_promoted": rates["equal"],
        "better_promoted": rates["better"],
        "base_rate": float(np.mean(base)),
        "ess": float(np.mean(ess)),
        "alpha": allowance(Gates().error_budget, None, 0),
        "influence_against_bootstrap": gap,
        "passed": rates["equal"] <= 0.05 and rates["better"] >= 0.8 and gap < 0.1,
    }
