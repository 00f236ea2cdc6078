"""`nba batch`: today's list of an outbound channel, and what became of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.commands.bad_rows import listed
from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options
from nba_server.commands.row_progress import row_progress
from nba_server.commands.words import option_moment, pairs

if TYPE_CHECKING:
    from nba_server.batch.order import Order
    from nba_server.batch.summary import Summary

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--channel", help="Channel of the messages, as the catalogue names it.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The list: .csv, .jsonl or .parquet. Progress is kept beside it.",
)
@click.option("--segment", default="", metavar="EXPR", help="Only customers for whom this CEL expression is true.")
@click.option(
    "--customers", type=_FILE, help="Only the customers of this file, in its order (column customer_id, or one a line)."
)
@click.option(
    "--planned-at", metavar="TIME", help="When the messages will go out, ISO 8601; limits are checked at that time."
)
@click.option("--placement", "placements", multiple=True, metavar="NAME[:SLOTS]", help="Placement to fill; repeatable.")
@click.option("--context", multiple=True, metavar="KEY=VALUE", help="Live fact; repeatable.")
@click.option("--exclude", multiple=True, metavar="ACTION", help="Action that must not be proposed; repeatable.")
@click.option("--limit", type=click.IntRange(1), help="At most so many customers with an offer.")
@click.option("--in-flight", type=click.IntRange(1, 512), default=32, show_default=True, help="Calls at once.")
@click.option("--id", "name", default="", help="Id of the batch; a made one if left out.")
@click.option("--new", is_flag=True, help="Begin again, whatever the progress beside the file says.")
@click.option(
    "--remembered",
    type=click.IntRange(1, 720),
    default=24,
    show_default=True,
    help="Hours that the server remembers requests.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON document.")
@connection_options
@click.pass_context
def batch(
    context_: click.Context,
    channel: str | None,
    out: Path | None,
    segment: str,
    customers: Path | None,
    planned_at: str | None,
    placements: tuple[str, ...],
    context: tuple[str, ...],
    exclude: tuple[str, ...],
    limit: int | None,
    in_flight: int,
    name: str,
    new: bool,
    remembered: int,
    as_json: bool,
    server: Server,
) -> None:
    """Decide for everybody, a segment or a file of customers, and write the list of offers.

    Every contact is reserved under the same contact policy as any other decision. An outbound one that nobody reports on is
    confirmed when its time ends: the message may have gone out. Tell what became of the messages: `nba batch confirm`, and
    `nba batch release` for those that were not sent.

    After an interruption run the same command again: it continues, and nothing is decided twice. When it is complete, the same
    command writes the same list again.
    """
    if context_.invoked_subcommand is not None:
        return
    if channel is None or out is None:
        raise click.UsageError("--channel and --out are needed.")
    if segment and customers:
        raise click.UsageError("--segment and --customers exclude each other; a file is taken as it is.")
    from nba_server.batch.running import source_of, start_anew
    from nba_server.batch.table import check_ending

    check_ending(out)
    source = source_of(segment.strip(), customers)
    order = _order(channel, source, placements, pairs(context, "--context"), exclude, planned_at, limit)
    if new:
        start_anew(out)
    summary = _run(server, order, out, customers, name, in_flight=in_flight, hours=remembered, quiet=as_json)
    emit(summary, human="\n".join([*summary.lines(), f"list       {out}"]), as_json=as_json)
    if summary.refused or summary.unknown:
        sys.exit(1)


def _order(
    channel: str,
    source: str,
    placements: tuple[str, ...],
    context: dict[str, Any],
    exclude: tuple[str, ...],
    planned_at: str | None,
    limit: int | None,
) -> Order:
    from nba_server.batch.order import Order
    from nba_server.commands.decide import slot

    planned = option_moment(planned_at, "--planned-at")
    return Order(
        channel=channel,
        source=source,
        placements=tuple((place.placement, place.slots) for place in map(slot, placements)),
        context=context,
        excluded=tuple(sorted(exclude)),
        planned_at=planned.isoformat().replace("+00:00", "Z") if planned else "",
        limit=limit or 0,
    )


def _run(
    server: Server,
    order: Order,
    out: Path,
    customers: Path | None,
    name: str,
    *,
    in_flight: int,
    hours: int,
    quiet: bool,
) -> Summary:
    from nba_client.errors import NbaClientError
    from nba_server.batch.deciding import Pace
    from nba_server.batch.progress import Progress
    from nba_server.batch.running import begin, progress_path, run
    from nba_server.commands.batch_view import watching

    async def work() -> Summary:
        with Progress(progress_path(out)) as progress, watching(quiet=quiet, limit=order.limit) as watch:
            id_, continued = begin(progress, order, name)
            if not quiet:
                click.echo(f"batch {id_}" + (", continued" if continued else ""), err=True)
            async with server.async_client() as client:
                return await run(
                    client,
                    progress,
                    order,
                    id_,
                    out,
                    customers=customers,
                    pace=Pace(in_flight),
                    remembered_s=hours * 3600.0,
                    watch=watch,
                )

    try:
        return asyncio.run(work())
    except NbaClientError:
        click.echo("nba: interrupted; run the same command again to continue", err=True)
        raise


@batch.command()
@click.argument("file", type=_FILE)
@click.option(
    "--status",
    type=click.Choice(["sent", "delivered", "failed"]),
    default="sent",
    show_default=True,
    help="Of rows that have no column `status`.",
)
@connection_options
@output_options
def confirm(file: Path, status: str, server: Server, as_json: bool, out: Path | None) -> None:
    """Report what became of messages: rows with `decision_id`, `action` and `status`.

    `sent` and `delivered` confirm the contact, `failed`, `bounced` and `not_sent` release it. The list that `nba batch` wrote can
    be given as it is when all of it was sent. Bad rows are listed, and the exit code is 1 then. A repeat changes nothing.
    """
    _report(file, status, server, as_json=as_json, out=out, only=False)


@batch.command()
@click.argument("file", type=_FILE)
@connection_options
@output_options
def release(file: Path, server: Server, as_json: bool, out: Path | None) -> None:
    """Say that messages were not sent: rows with `decision_id` and `action`. Their contacts count no more."""
    _report(file, "not_sent", server, as_json=as_json, out=out, only=True)


def _report(file: Path, state: str, server: Server, *, as_json: bool, out: Path | None, only: bool) -> None:
    from nba_server.batch.reports import report

    with server.client() as client, row_progress("reporting", quiet=as_json) as advance:
        done = report(client, file, state, only=only, told=advance)
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(done.recorded.items())) or "nothing new"
    human = f"{counts} recorded, {done.known:,} known already"
    document = {"recorded": dict(done.recorded), "known": done.known, "refused": done.refused}
    emit(document, human="\n".join([human, *listed(done.refused, "rows")]), as_json=as_json, out=out)
    if done.refused:
        sys.exit(1)
