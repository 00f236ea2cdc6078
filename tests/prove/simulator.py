"""The simulator's worlds: cumulative regret of a regression that paces new actions against five others, with the same streams,
limits and cadence.

Lower on the median where there is novelty or drift; never more than 3 % worse elsewhere. Every run is kept, so that a run
that was cut off goes on. Settings were chosen on other seeds (tuning.py).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
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
ARRIVALS, DAYS = 50, 63
VOWPAL = {
    "vw-epsilon": "--cb_explore_adf --epsilon 0.05 -q sa -l 2",
    "vw-squarecb": "--cb_explore_adf --squarecb -q sa -l 0.5 --gamma_scale 300",
}

Task = tuple[str, int, str]
"""World, seed, policy."""


def policies() -> dict[str, Callable[[], Learner]]:
    """Ours and the others; what was chosen on the tuning seeds is written here."""
    found: dict[str, Callable[[], Learner]] = {
        OURS: lambda: learners()[OURS],
        "uniform": lambda: learners()["uniform"],
        "greedy": lambda: learners()["greedy"],
        "epsilon": lambda: Trained("epsilon", EPSILON % 0.03),
    }
    if available():
        found |= {name: lambda name=name: Vowpal(name, VOWPAL[name]) for name in VOWPAL}  # type: ignore[misc]
    return found


def run(*, seeds: int = 20, kept: Path = KEPT, budget_s: float = 25 * 60.0) -> dict[str, Any]:
    """Runs what is not kept yet, seed by seed, within the budget, a process a core; open while any is missing."""
    known: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}
    wanted = [(world, seed, name) for seed in range(seeds) for world in SCENARIOS for name in policies()]
    for task, found in _done([task for task in wanted if _key(task) not in known], budget_s):
        known[_key(task)] = found
        kept.write_text(json.dumps(known))
    kept.with_suffix(".html").write_text(page(known), encoding="utf-8")
    return judged(known, seeds)


def _done(tasks: list[Task], budget_s: float) -> Iterator[tuple[Task, dict[str, Any]]]:
    """Results as they come, in order, until the budget is used up."""
    until = time.monotonic() + budget_s
    with multiprocessing.get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for done in zip(tasks, pool.imap(one, tasks), strict=True):
            yield done
            if time.monotonic() > until:
                return


def one(task: Task) -> dict[str, Any]:
    """One run: total regret, and the regret up to each day."""
    world, seed, name = task
    found = simulate(World(SCENARIOS[world], seed, arrivals=ARRIVALS, days=DAYS), policies()[name]())
    return {"total": found.total, "by_day": np.cumsum(found.regret).round(2).tolist()}


def judged(known: dict[str, dict[str, Any]], seeds: int) -> dict[str, Any]:
    """Medians by world and policy, and the verdict over the seeds that all policies have."""
    worlds: dict[str, Any] = {}
    held = []
    names = list(policies())
    for scenario in SCENARIOS:
        whole = [seed for seed in range(seeds) if all(_key((scenario, seed, name)) in known for name in names)]
        if not whole:
            continue
        regret = {name: np.array([known[_key((scenario, seed, name))]["total"] for seed in whole]) for name in names}
        ratios = {name: float(np.median(regret[OURS] / regret[name])) for name in names if name != OURS}
        limit = 1.0 if scenario in NOVEL else 1.0 + TOLERANCE
        medians = {name: float(np.median(values)) for name, values in regret.items()}
        over = {name: medians[OURS] / medians[name] for name in ratios}
        held.append(max(*ratios.values(), *over.values()) < limit)
        worlds[scenario] = {
            "seeds": len(whole),
            "median_regret": medians,
            "median_of_ours_over": ratios,
            "held": held[-1],
        }
    complete = len(worlds) == len(SCENARIOS) and all(found["seeds"] == seeds for found in worlds.values())
    if "vw-squarecb" not in names:
        return {
            "passed": None,
            "reason": "VowpalWabbit is not installed; make prove does that where it can",
            "worlds": worlds,
        }
    if not complete:
        return {"passed": None, "reason": "not all seeds have run; run again to go on", "worlds": worlds}
    return {"passed": all(held), "worlds": worlds}


def page(known: dict[str, dict[str, Any]]) -> str:
    """A page with a plot for each world: mean cumulative regret by day over the seeds that have run."""
    parts = [f"<h2>{world}</h2>{plot(known, world)}" for world in SCENARIOS]
    head = '<meta charset="utf-8"><title>Cumulative regret</title>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body><h1>Cumulative regret</h1>{"".join(parts)}</body></html>'


def plot(known: dict[str, dict[str, Any]], world: str) -> str:
    """One world's plot as SVG."""
    curves = {}
    for name in policies():
        mine = [
            found["by_day"] for key, found in known.items() if key.startswith(f"{world}/") and key.endswith(f"/{name}")
        ]
        if mine:
            curves[name] = np.mean(mine, axis=0).tolist()
    return lines(curves, across="day", up="regret")


def _key(task: Task) -> str:
    return "/".join(map(str, task))
