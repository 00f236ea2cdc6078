"""`nba events`: record complaints, service cases, scores, purchases and returns, one by one or from a file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.bad_rows import listed
from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options
from nba_server.commands.row_progress import row_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from nba_client import Client, Event
    from nba_server.commands.table_rows import BadRow


@dataclass
class Imported:
    """What an import did; `known` were recorded before."""

    recorded: int = 0
    known: int = 0
    refused: list[BadRow] = field(default_factory=list)


@click.group()
def events() -> None:
    """Record what happens to customers outside of proposals: complaints, service cases, scores, purchases."""


@events.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.argument("type_", metavar="TYPE")
@click.option("--event-id", required=True, help="Your id of this event; a repeat with the same id changes nothing.")
@click.option("--at", "occurred_at", metavar="TIME", help="When it happened (ISO 8601). Default: now.")
@click.option("--channel", help="The channel on which it happened.")
@click.option("--text", help="What it is about; of a closed service case the closing note.")
@click.option("--agent", help="Who took it in. Default: the name of the key.")
@click.option("--case-id", help="Your id of the service case or the complaint.")
@click.option("--category", help="Its category, as rules of the catalogue name them.")
@click.option("--measure", help="What a score measures, as nps.")
@click.option("--value", type=float, help="The score, or the money of a purchase.")
@click.option("--product", "products", multiple=True, metavar="PRODUCT=MONEY", help="A product bought; repeatable.")
@click.option("--purchase-id", help="The purchase. Default: the event's id.")
@connection_options
@output_options
def record(
    customer_id: str,
    type_: str,
    products: tuple[str, ...],
    server: Server,
    as_json: bool,
    out: Path | None,
    **said: str | float | None,
) -> None:
    """Record one event.

    TYPE is one of complaint, service_case_opened, service_case_updated, service_case_closed, score, purchase,
    purchase_return.
    """
    from nba_server.commands.event_lines import event_of

    written = {name: value for name, value in said.items() if value is not None}
    if products:
        written["value_by_product"] = dict(_product(text) for text in products)  # type: ignore[assignment]
    try:
        event = event_of({"customer_id": customer_id, "type": type_.lower().replace("-", "_"), **written})
    except ValueError as fault:
        raise click.UsageError(str(fault)) from None
    with server.client() as client:
        done = client.event(event)
    lines = [
        "recorded" if done.recorded else "known already, nothing changed",
        *(f"  {words}" for words in done.effects),
    ]
    emit(done, human="\n".join(lines), as_json=as_json, out=out)


@events.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--batch", type=click.IntRange(1, 1000), default=500, show_default=True, help="Events a call.")
@click.option("--dry-run", is_flag=True, help="Only read the file and list its bad lines.")
@connection_options
@output_options
def import_(file: Path, batch: int, dry_run: bool, server: Server, as_json: bool, out: Path | None) -> None:
    """Import events from JSON Lines, CSV or Parquet, one event a line, in the order of the file.

    \b
    {"customer_id": "c-1", "event_id": "s-77", "type": "score", "measure": "nps", "value": 4}
    {"customer_id": "c-1", "event_id": "o-12", "type": "purchase", "value_by_product": {"internet": 29.9}}

    Bad lines are listed with their numbers, all others are imported, and the exit code is 1 then. After an interruption
    run it again: what is there already changes nothing.
    """
    from nba_server.commands.event_lines import events as read
    from nba_server.commands.table_rows import BadRow, read_rows

    rows = read(read_rows(file))
    if dry_run:
        lines = list(rows)
        done = Imported(refused=[line for line in lines if isinstance(line, BadRow)])
        human = f"{len(lines) - len(done.refused):,} lines are well formed"
    else:
        with server.client() as client, row_progress("importing", quiet=as_json) as advance:
            done = import_events(client, rows, batch=batch, progress=advance)
        human = f"{done.recorded:,} events recorded" + (f", {done.known:,} known already" if done.known else "")
    text = "\n".join([human, *listed(done.refused, "lines", everything=dry_run)])
    emit({"dry_run": dry_run, **vars(done)}, human=text, as_json=as_json, out=out)
    if done.refused:
        sys.exit(1)


def import_events(
    client: Client, rows: Iterable[tuple[int, Event] | BadRow], *, batch: int, progress: Callable[[int], None]
) -> Imported:
    """Sends the events in their order; `progress` gets how many are settled."""
    from nba_server.commands.patient import patiently
    from nba_server.commands.table_rows import BadRow

    done, settled = Imported(), 0
    for part in _batches(rows, batch, done):
        results = patiently(lambda part=part: client.events([event for _, event in part]))  # type: ignore[misc]
        for (line, _), result in zip(part, results, strict=True):
            if result.error:
                done.refused.append(BadRow(line, result.error))
            else:
                done.recorded += result.recorded
                done.known += not result.recorded
        settled += len(part)
        progress(settled)
    done.refused.sort(key=lambda bad: bad.line)
    return done


def _batches(
    rows: Iterable[tuple[int, Event] | BadRow], size: int, done: Imported
) -> Iterator[list[tuple[int, Event]]]:
    """The good rows in parts; bad ones are noted."""
    part: list[tuple[int, Event]] = []
    for row in rows:
        if not isinstance(row, tuple):
            done.refused.append(row)
            continue
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _product(text: str) -> tuple[str, float]:
    name, equals, money = text.rpartition("=")
    try:
        return (name, float(money)) if equals else (money, 0.0)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no PRODUCT=MONEY, as internet=29.90", param_hint="--product") from None
