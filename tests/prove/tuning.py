"""How the settings of the simulator's policies were chosen: mean regret on seeds that the proof does not use.

`python -m tests.prove.tuning [NAME ...] [--seeds 101 102]`. One setting a policy for all worlds, the one with the least sum.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from nba_training.simulate.learners import EPSILON, Learner, Trained
from nba_training.simulate.run import simulate
from nba_training.simulate.shop import REGRESSION, TREES, definition
from nba_training.simulate.world import SCENARIOS, World
from tests.prove.simulator import ARRIVALS, DAYS
from tests.prove.vowpal import Vowpal

NEW = "new_actions: {share: %g, mature_after: %d, within: 4w}}"
SMALL = TREES.replace("num_leaves: 15", "num_leaves: 4").replace("rounds: 80", "rounds: 150")
ADF = "--cb_explore_adf"
VOWPAL = {
    "vw-cover": f"{ADF} --cover 3 -q sa -l 0.5",
    "vw-bag": f"{ADF} --bag 5 --epsilon 0.02 -q sa -l 0.5",
    "vw-epsilon-2": f"{ADF} --epsilon 0.02 -q sa -l 0.5",
    "vw-epsilon-5": f"{ADF} --epsilon 0.05 -q sa -l 0.5",
    "vw-epsilon-5-fast": f"{ADF} --epsilon 0.05 -q sa -l 2",
    "vw-squarecb-10": f"{ADF} --squarecb -q sa -l 0.5 --gamma_scale 10",
    "vw-squarecb-30": f"{ADF} --squarecb -q sa -l 0.5 --gamma_scale 30",
    "vw-squarecb-100": f"{ADF} --squarecb -q sa -l 0.5 --gamma_scale 100",
    "vw-squarecb-300": f"{ADF} --squarecb -q sa -l 0.5 --gamma_scale 300",
    "vw-squarecb-100-fast": f"{ADF} --squarecb -q sa -l 2 --gamma_scale 100",
}


def settings() -> dict[str, Callable[[], Learner]]:
    """What is tried, by name."""
    regressions = {
        f"regression-{share:g}-{trials}": "{kind: none, " + NEW % (share, trials)
        for share, trials in ((0.1, 40), (0.2, 40), (0.2, 80), (0.3, 40))
    }
    trees = {f"epsilon-{share:g}": EPSILON % share for share in (0.03, 0.05, 0.1)}
    trees |= {"greedy": "{kind: none}", "greedy-small": "{kind: none}"}
    found: dict[str, Callable[[], Learner]] = {}
    for name, rule in regressions.items():
        found[name] = lambda rule=rule: Trained("ours", rule, definition=definition(REGRESSION))  # type: ignore[misc]
    for name, rule in trees.items():
        fitted = SMALL if name.endswith("small") else TREES
        found[name] = lambda rule=rule, fitted=fitted: Trained("trees", rule, definition=definition(fitted))  # type: ignore[misc]
    for name, options in VOWPAL.items():
        found[name] = lambda options=options: Vowpal("vw", options)  # type: ignore[misc]
    return found


def main() -> None:
    """Prints a line a setting: mean regret in each world, and their sum."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.tuning")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, nargs="*", default=[101, 102])
    given = parser.parse_args()
    for name, made in settings().items():
        if given.names and name not in given.names:
            continue
        means = []
        for scenario in SCENARIOS.values():
            worlds = (World(scenario, seed, arrivals=ARRIVALS, days=DAYS) for seed in given.seeds)
            means.append(float(np.mean([simulate(world, made()).total for world in worlds])))
        print(f"{name:22}", *(f"{mean:7.1f}" for mean in means), f"{sum(means):8.1f}", flush=True)


if __name__ == "__main__":
    main()
