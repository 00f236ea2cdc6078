"""`nba matters`: what is open between a customer and us; open one, close one with a note."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from nba_client import Matter


class _Matters(click.Group):
    """`nba matters CUSTOMER` lists; the subcommands have names of their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `list` before a first word that is no subcommand."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Matters)
def matters() -> None:
    """Show what is open between a customer and us (`nba matters CUSTOMER`), open a matter, close one.

    While a matter is open, the actions that its rule names are proposed on no channel.
    """


@matters.command("list")
@click.argument("customer_id", metavar="CUSTOMER")
@click.option("--open", "open_only", is_flag=True, help="Without those that are closed.")
@connection_options
@output_options
def list_(customer_id: str, open_only: bool, server: Server, as_json: bool, out: Path | None) -> None:
    """Show a customer's matters: open ones first, then those closed lately with their notes."""
    with server.client() as client:
        found = client.matters.list(customer_id, open_only=open_only)
    emit({"customer_id": customer_id, "matters": found}, human=lambda c: draw(c, found), as_json=as_json, out=out)


@matters.command("open")
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("rule", metavar="RULE")
@click.option("--text", default="", help="What it is about.")
@click.option("--channel", default="", help="The channel on which the customer said it.")
@click.option("--case-id", default="", help="Id of the case: each case of a rule is a matter of its own.")
@click.option("--category", default="", help="Category of the case.")
@click.option("--event-id", default="", help="Your id of this opening; a repeat changes nothing.")
@click.option("--agent", default="", help="Who opens it. Default: the name of the key.")
@connection_options
@output_options
def open_(
    customer_id: str,
    rule: str,
    text: str,
    channel: str,
    case_id: str,
    category: str,
    event_id: str,
    agent: str,
    server: Server,
    as_json: bool,
    out: Path | None,
) -> None:
    """Open a matter under a RULE of the catalogue, or add to the one that is open."""
    with server.client() as client:
        done = client.matters.open(
            customer_id,
            rule,
            event_id=event_id,
            channel=channel,
            text=text,
            case_id=case_id,
            category=category,
            agent=agent,
        )
    verb = "opened" if done.opened else "open already"
    lines = [f"{verb}: matter {done.matter.matter_id} ({done.matter.title})", *(f"  {words}" for words in done.effects)]
    emit(done, human="\n".join(lines), as_json=as_json, out=out)


@matters.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("matter_id", metavar="MATTER")
@click.option("--note", required=True, help="What was done, for whoever serves the customer next.")
@click.option("--agent", default="", help="Who closes it. Default: the name of the key.")
@connection_options
@output_options
def close(
    customer_id: str, matter_id: str, note: str, agent: str, server: Server, as_json: bool, out: Path | None
) -> None:
    """Close a MATTER with a note."""
    with server.client() as client:
        done = client.matters.close(customer_id, matter_id, note, agent=agent)
    words = "closed" if done.closed else f"closed already, by {done.matter.closed_by}: {done.matter.note}"
    emit(done, human=words, as_json=as_json, out=out)


def draw(console: Console, found: Sequence[Matter]) -> None:
    """Each matter in a few lines; open ones are bold."""
    if not found:
        console.print("no matters")
    for matter in found:
        state = "open" if matter.open else "closed"
        head = f"{matter.matter_id}  {state}  {matter.title} ({matter.rule}) since {_moment(matter.opened_at)}"
        console.print(head, style="bold" if matter.open else "dim", markup=False)
        for line in _lines(matter):
            console.print(f"    {line}", markup=False)


def _lines(matter: Matter) -> list[str]:
    said = (("channel", matter.channel), ("case", matter.case_id), ("category", matter.category))
    lines = [", ".join(f"{name} {value}" for name, value in said if value)]
    if matter.score is not None:
        lines.append(f"score {matter.score:g}")
    lines += matter.text.splitlines()
    if matter.open:
        lines.append(f"mutes {', '.join(matter.mutes) or 'nothing: the catalogue has no such rule'}")
        lines += [f"until {_moment(matter.until)}"] if matter.until else []
        lines += [f"advice: {matter.advice}"] if matter.advice else []
    elif matter.closed_at is None:
        lines.append(f"closed by itself on {_moment(matter.until)}")
    else:
        lines.append(f"closed {_moment(matter.closed_at)} by {matter.closed_by}: {matter.note}")
    lines += [f"earlier, {_moment(note.at)} by {note.by}: {note.text}" for note in matter.earlier_notes]
    return [line for line in lines if line]


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
