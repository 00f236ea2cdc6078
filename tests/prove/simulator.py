"""The simulator's worlds: cumulative regret of Thompson sampling against five others, on the same streams, limits and cadence.

Lower on the median where there is novelty or drift; never more than 3 % worse elsewhere. Every run is kept, so that a run
that was cut off goes on. Settings were chosen on other seeds.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from nba_training.plot import lines
from nba_training.simulate.learners import EPSILON, Learner, Trained, learners
from nba_training.simulate.run import simulate
from nba_training.simulate.world import SCENARIOS, World
from tests.prove.vowpal import Vowpal, available

OURS = "regression"
NOVEL = ("drift", "new-actions")
TOLERANCE = 0.03
KEPT = Path("prove-simulator.json")


def policies() -> dict[str, Learner]:
    """Ours and the others, made anew; what was chosen on the tuning seeds is written here."""
    found: dict[str, Learner] = {
        OURS: learners()[OURS],
        "uniform": learners()["uniform"],
        "greedy": learners()["greedy"],
    }
    found["epsilon"] = Trained("epsilon", EPSILON % 0.03)
    if available():
        found["vw-cover"] = Vowpal("vw-cover", "--cb_explore_adf --cover 3 -q sa -l 0.5")
        found["vw-squarecb"] = Vowpal("vw-squarecb", "--cb_explore_adf --squarecb -q sa -l 0.5 --gamma_scale 10")
    return found


def run(*, seeds: int = 20, kept: Path = KEPT, budget_s: float = 25 * 60.0) -> dict[str, Any]:
    """Runs what is not kept yet, seed by seed, within the budget; open while any is missing."""
    known: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}
    began = time.monotonic()
    for seed in range(seeds):
        for scenario in SCENARIOS.values():
            for name in policies():
                key = f"{scenario.name}/{seed}/{name}"
                if key not in known and time.monotonic() - began < budget_s:
                    found = simulate(World(scenario, seed, arrivals=50, days=63), policies()[name])
                    known[key] = {"total": found.total, "by_day": np.cumsum(found.regret).round(2).tolist()}
                    kept.write_text(json.dumps(known))
    return judged(known, seeds)


def judged(known: dict[str, dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Medians by world and policy, and the verdict over the seeds that all policies have."""
    worlds: dict[str, Any] = {}
    held = []
    names = list(policies())
    for scenario in SCENARIOS:
        whole = [seed for seed in range(seeds) if all(f"{scenario}/{seed}/{name}" in known for name in names)]
        if not whole:
            continue
        regret = {name: np.array([known[f"{scenario}/{seed}/{name}"]["total"] for seed in whole]) for name in names}
        ratios = {name: float(np.median(regret[OURS] / regret[name])) for name in names if name != OURS}
        limit = 1.0 if scenario in NOVEL else 1.0 + TOLERANCE
        held.append(max(ratios.values()) < limit)
        medians = {name: float(np.median(values)) for name, values in regret.items()}
        worlds[scenario] = {"seeds": len(whole), "median_regret": medians, "ours_over": ratios, "held": held[-1]}
    complete = len(worlds) == len(SCENARIOS) and all(found["seeds"] == seeds for found in worlds.values())
    if "vw-squarecb" not in names:
        return {"passed": None, "reason": "VowpalWabbit is not installed: pip install vowpalwabbit", "worlds": worlds}
    if not complete:
        return {"passed": None, "reason": "not all seeds have run; run again to go on", "worlds": worlds}
    return {"passed": all(held), "worlds": worlds}


def plot(kept: Path, scenario: str) -> str:
    """Mean cumulative regret by day over the seeds, as SVG."""
    known = json.loads(kept.read_text())
    curves = {}
    for name in policies():
        mine = [found["by_day"] for key, found in known.items() if _is(key, scenario, name)]
        if mine:
            curves[name] = np.mean(mine, axis=0).tolist()
    return lines(curves, across="day", up="regret")


def _is(key: str, scenario: str, name: str) -> bool:
    return key.startswith(f"{scenario}/") and key.endswith(f"/{name}")
