"""`nba simulate`: policies in a world of simulated customers, on the real decision core and the real training steps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

_WORLDS = ("stationary", "drift", "new-actions", "delayed", "greedy-is-best")
_POLICIES = ("regression", "thompson", "softmax", "epsilon", "greedy", "uniform")


@click.command()
@click.option("--world", type=click.Choice(_WORLDS), default="new-actions", show_default=True, help="What happens.")
@click.option(
    "--policy",
    "policies",
    type=click.Choice(_POLICIES),
    multiple=True,
    default=("regression", "thompson", "greedy", "uniform"),
    show_default=True,
    help="Who decides; may be given several times.",
)
@click.option("--weeks", type=click.IntRange(1, 104), default=8, show_default=True, help="How long.")
@click.option("--arrivals", type=click.IntRange(1, 500), default=40, show_default=True, help="Customers a day.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Names the world's random numbers.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the page with the plots here.")
@output_options
def simulate(
    world: str,
    policies: tuple[str, ...],
    weeks: int,
    arrivals: int,
    seed: int,
    html: Path | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Let policies decide for simulated customers whose true answers are known, and compare their regret.

    The customers tire of contacts, have seasons, change or get new offers and answer late, by the world. Nothing is stored.
    """
    from nba_training.simulate.learners import learners
    from nba_training.simulate.page import page, summary
    from nba_training.simulate.run import WEEK, simulate
    from nba_training.simulate.world import SCENARIOS, World

    made = World(SCENARIOS[world], seed, arrivals=arrivals, days=weeks * WEEK)
    runs = [simulate(made, learners()[name]) for name in dict.fromkeys(policies)]
    if html is not None:
        html.write_bytes(page(made, runs))
    found = summary(made, runs)
    emit(found, human=lambda console: _draw(found, console), as_json=as_json, out=out)


def _draw(found: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("policy", "regret", "expected positives", "contacts", "decisions"):
        table.add_column(name, justify="left" if name == "policy" else "right")
    for item in found["policies"]:
        figures = (f"{item[name]:,.1f}" for name in ("regret", "expected_positives"))
        table.add_row(item["policy"], *figures, f"{item['contacts']:,}", f"{item['decisions']:,}")
    console.print(f"{found['world']}, seed {found['seed']}, {found['days']} days")
    console.print(table)
