"""`nba decide`: one decision from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options
from nba_server.commands.words import number, pairs

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import Decision, RankedAction, Slot


@click.command()
@click.option("--customer", default="", help="Customer id.")
@click.option("--visitor", default="", help="Visitor id, for somebody who is not known as a customer.")
@click.option("--channel", required=True, help="Channel of the touchpoint, as the catalogue names it.")
@click.option(
    "--placement",
    "placements",
    multiple=True,
    metavar="NAME[:SLOTS]",
    help="Placement to fill; repeatable. None: all of the channel.",
)
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="Live fact, e.g. reason=billing; repeatable.")
@click.option("--exclude", multiple=True, metavar="ACTION", help="Action that must not be proposed; repeatable.")
@click.option("--request-id", help="The same id gives the same answer again.")
@click.option("--preview", is_flag=True, help="Reserve and journal nothing.")
@connection_options
@output_options
def decide(
    customer: str,
    visitor: str,
    channel: str,
    placements: tuple[str, ...],
    context: tuple[str, ...],
    exclude: tuple[str, ...],
    request_id: str | None,
    preview: bool,
    server: Server,
    as_json: bool,
    out: Path | None,
) -> None:
    """Decide what to propose to a customer now.

    Without `--preview` the contact is reserved and the decision journaled, as for any caller.
    """
    slots = [slot(text) for text in placements]
    facts = pairs(context, "--context")
    with server.client() as client:
        decision = client.decide(
            customer,
            visitor_id=visitor,
            channel=channel,
            placements=slots,
            context=facts,
            request_id=request_id,
            excluded_actions=exclude,
            preview=preview,
        )
    emit(decision, human=lambda console: draw(console, decision), as_json=as_json, out=out)


def slot(text: str) -> Slot:
    """`NAME` or `NAME:SLOTS`. Raises `BadParameter`."""
    from nba_client import Slot

    name, colon, count = text.rpartition(":")
    if not colon:
        return Slot(text)
    if not name or not count.isdecimal():
        raise click.BadParameter(f"{text!r} is not NAME or NAME:SLOTS", param_hint="--placement")
    return Slot(name, slots=int(count))


def draw(console: Console, decision: Decision) -> None:
    """The decision for people; the demo draws with it too."""
    from rich.table import Table

    title = (
        f"decision {decision.decision_id}" if decision.decision_id else "preview: nothing reserved, nothing journaled"
    )
    console.print(f"[bold]{title}[/bold]")
    console.print(
        f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC · catalogue {decision.catalog_hash[:12]} · model {decision.model_version}"
    )
    if decision.actions:
        table = Table()
        for name in ("placement", "#", "action", "content", "why"):
            table.add_column(name, overflow="fold")
        for name in ("propensity", "priority", "pick p"):
            table.add_column(name, justify="right", no_wrap=True)
        for action in decision.actions:
            table.add_row(*_row(action))
        console.print(table)
    for empty in decision.no_offers:
        console.print(f"{empty.placement}: no offer. {empty.reason.text} ({empty.reason.code})", markup=False)


def _row(action: RankedAction) -> tuple[str, ...]:
    from rich.markup import escape

    marks = [name for name in ("explored", "substituted", "fallback") if getattr(action, name)]
    name = f"{action.title} ({action.action})" + (f" [{', '.join(marks)}]" if marks else "")
    content = "\n".join(f"{key}: {text}" for key, text in action.content.items())
    why = "\n".join(reason.text for reason in action.reasons[:3])
    return (
        escape(action.placement),
        str(action.rank),
        escape(name),
        escape(content),
        escape(why),
        number(action.propensity),
        number(action.priority),
        number(action.pick_probability),
    )
