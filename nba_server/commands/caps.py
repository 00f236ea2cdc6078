"""`nba caps`: how far the totals and budgets over all customers are used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import CapUse


@click.command()
@connection_options
@output_options
def caps(server: Server, as_json: bool, out: Path | None) -> None:
    """Show what is spent, held and left of every cap of the live catalogue."""
    with server.client() as client:
        uses = client.catalog.caps()
    emit(uses, human=lambda console: draw(console, uses), as_json=as_json, out=out)


def draw(console: Console, uses: list[CapUse]) -> None:
    """One row a cap; one that is used up is bold."""
    from rich.table import Table

    if not uses:
        console.print("the live catalogue has no caps")
        return
    table = Table()
    for name in ("cap", "spent", "held", "left", "of", "until", "actions"):
        table.add_column(name, justify="right" if name in ("spent", "held", "left", "of") else "left", overflow="fold")
    for use in uses:
        until = f"{use.until:%Y-%m-%d %H:%M}" if use.until else "for good"
        numbers = (f"{number:g}" for number in (use.spent, use.held, use.left, use.amount))
        actions = ", ".join(use.actions) or "none"
        table.add_row(use.cap, *numbers, until, actions, style=None if use.left + use.held else "bold")
    console.print(table)
