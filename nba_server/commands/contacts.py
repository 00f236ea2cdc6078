"""`nba contacts`: what counts against a customer now, why and until when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from nba_client import CustomerContacts
    from nba_client.contact_reading import LedgerContact, LimitUse, PressureUse


@click.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.option("--max", "most", type=click.IntRange(1), default=20, show_default=True, help="Contacts to list.")
@connection_options
@output_options
def contacts(customer_id: str, most: int, server: Server, as_json: bool, out: Path | None) -> None:
    """Show a customer's contacts, how far every limit is used and until when, and what is muted."""
    with server.client() as client:
        reading = client.customers.contacts(customer_id, max_contacts=most)
    emit(reading, human=lambda console: draw(console, reading), as_json=as_json, out=out)


def draw(console: Console, reading: CustomerContacts) -> None:
    """The reading as tables; what holds something back is bold."""
    console.print(f"[bold]{_escaped(reading.customer_id)}[/bold] at {_moment(reading.at)} UTC")
    entry = reading.do_not_contact
    if entry is not None:
        where = ", ".join(entry.channels) or "all channels"
        source = f", by {entry.source}" if entry.source else ""
        console.print(f"on the do-not-contact list for {where} since {_moment(entry.since)}{source}", style="bold")
    for quiet in reading.quiet:
        words = (
            f"quiet on {', '.join(quiet.channels)} until {quiet.until} ({quiet.quiet_hours}): it is {quiet.local_time}"
        )
        console.print(words, style="bold", markup=False)
    _limits(console, reading)
    for muted in reading.suppressions:
        where = "all channels" if muted.channel == "*" else muted.channel
        until = _moment(muted.until) if muted.until else "for good"
        words = f"muted: {muted.level} {muted.key} on {where} until {until} (rule {muted.rule}, after {muted.cause})"
        console.print(words, style="bold", markup=False)
    for matter in reading.matters:
        words = f"open matter {matter.matter_id} ({matter.title}) mutes {', '.join(matter.mutes)} until it is closed"
        console.print(words, style="bold", markup=False)
    _contacts(console, reading)


def _limits(console: Console, reading: CustomerContacts) -> None:
    from rich.table import Table

    table = Table()
    for name in ("limit", "used", "of", "in", "until", "mode"):
        table.add_column(name, justify="right" if name in ("used", "of") else "left", overflow="fold")
    for use in reading.limits:
        style = "bold" if use.used_up and not use.shadow else None
        until = (_moment(use.until) if use.until else "always") if use.used_up else ""
        length = _length(use.window_seconds)
        table.add_row(use.limit, str(use.used), str(use.cap), length, until, _mode(use), style=style)
    for pressure in reading.pressures:
        full = [room for room in pressure.channels if room.used_up]
        until = ", ".join(f"{room.channel} {_moment(room.until) if room.until else 'always'}" for room in full)
        style = "bold" if full and not pressure.shadow else None
        level, budget = f"{pressure.level:.2f}", f"{pressure.budget:g}"
        table.add_row(pressure.pressure, level, budget, "pressure", until, _mode(pressure), style=style)
    if table.row_count:
        console.print(table)


def _mode(use: LimitUse | PressureUse) -> str:
    return ", ".join(word for word, holds in (("household", use.household), ("shadow", use.shadow)) if holds)


def _contacts(console: Console, reading: CustomerContacts) -> None:
    from rich.table import Table

    if not reading.contacts:
        console.print("no contacts")
        return
    table = Table()
    for name in ("at", "channel", "action", "class", "state", "counts", "heard"):
        table.add_column(name, overflow="fold")
    for contact in reading.contacts:
        table.add_row(*(_escaped(text) for text in _row(contact)), style=None if contact.counts else "dim")
    console.print(table)
    left = reading.total_contacts - len(reading.contacts)
    if left:
        console.print(f"and {left} older")


def _row(contact: LedgerContact) -> tuple[str, ...]:
    heard = ", ".join(outcome.type + (" (withdrawn)" if outcome.withdrawn else "") for outcome in contact.outcomes)
    held = f" until {_moment(contact.reserved_until)}" if contact.reserved_until else ""
    return (
        *(_moment(contact.at), contact.channel, contact.action, contact.contact_class, contact.state + held),
        *("yes" if contact.counts else "no", heard),
    )


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _length(seconds: int) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
