"""The simulator: repeatable, held back by the real contact limits, with new offers tried at their pace."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from nba_training.simulate.command import simulate as command
from nba_training.simulate.learners import learners
from nba_training.simulate.run import simulate
from nba_training.simulate.world import SCENARIOS, World


def test_equal_runs_and_true_limits() -> None:
    """Equal arguments give equal figures; nobody gets more than four contacts a week."""
    world = World(SCENARIOS["stationary"], 5, customers=12, arrivals=12, days=14)
    first, again = (simulate(world, learners()["uniform"]) for _ in range(2))
    assert first == again
    assert sum(first.decisions) == 14 * 12
    assert sum(first.contacts) == 2 * 4 * 12


def test_new_offers_are_tried_at_their_pace() -> None:
    """A better offer that comes on day 21 gets its bounded share in the week after, whatever the model thinks of it."""
    world = World(SCENARIOS["new-actions"], 5, customers=200, arrivals=30, days=28)
    explorer = simulate(world, learners()["thompson"])
    assert 10 <= explorer.offers["offer-6"] <= 70
    assert explorer.offers["offer-7"] == 0, "it comes later"


def test_command_prints_and_draws(tmp_path: Path) -> None:
    """`nba simulate` gives one JSON object, the lowest regret first, and a page with two plots."""
    html = tmp_path / "page.html"
    arguments = ["--world", "delayed", "--weeks", "2", "--arrivals", "10", "--policy", "uniform", "--policy", "greedy"]
    done = CliRunner().invoke(command, [*arguments, "--json", "--html", str(html)])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    regrets = [item["regret"] for item in found["policies"]]
    assert regrets == sorted(regrets)
    assert html.read_text(encoding="utf-8").count("<svg") == 2
