"""Short forms of `make prove`'s gate and simulator rows: a few seeds of each."""

from __future__ import annotations

import pytest

from nba_training.simulate.run import simulate
from nba_training.simulate.world import SCENARIOS, World
from tests.prove import gate_trials, simulator

pytestmark = pytest.mark.timeout(180)


def test_the_gate_tells_a_better_challenger_from_an_equal_one() -> None:
    """Of three equal challengers none is promoted, of three that earn 10 % more at least two."""
    found = gate_trials.run(trials=3, kept=None)
    assert found["equal_promoted"] == 0
    assert found["better_promoted"] > 0.6
    assert found["influence_against_bootstrap"] < 0.1


@pytest.mark.parametrize("world", simulator.NOVEL)
def test_less_is_regretted_where_something_changes(world: str) -> None:
    """With tastes that turn, or new actions, the proof's policy regrets less than greedy LightGBM on a tuning seed."""
    made = World(SCENARIOS[world], 101, arrivals=40, days=49)
    ours, greedy = (simulate(made, simulator.policies()[name]()) for name in (simulator.OURS, "greedy"))
    assert ours.total < 0.9 * greedy.total


def test_the_verdict_needs_all_seeds_and_all_policies() -> None:
    """Medians over seeds decide; a seed that lacks a policy does not count, and the row stays open until all have run."""
    known = {
        f"{world}/{seed}/{name}": {"total": 90.0 if name == simulator.OURS else 100.0, "by_day": [1.0]}
        for world in SCENARIOS
        for seed in range(2)
        for name in simulator.policies()
    }
    found = simulator.judged(known, 2)
    assert all(world["held"] for world in found["worlds"].values())
    known["drift/0/regression"]["total"] = known["drift/1/regression"]["total"] = 101.0
    assert not simulator.judged(known, 2)["worlds"]["drift"]["held"]
    del known["drift/1/greedy"]
    assert simulator.judged(known, 2)["passed"] is None
    assert simulator.page(known).count("<svg") == len(SCENARIOS)
