"""`nba customers`: import, show and delete customers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from nba_server.commands.bad_rows import listed
from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options, terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from nba_client import Customer


@click.group()
def customers() -> None:
    """Import, show and delete customers."""


@customers.command("import")
@click.argument("file", type=click.File("rb"))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Column mapping (YAML).")
@click.option("--batch", type=click.IntRange(1, 1000), default=500, show_default=True, help="Customers a call.")
@click.option("--dry-run", is_flag=True, help="Only read the file and list its bad lines.")
@connection_options
@output_options
def import_(
    file: IO[bytes],
    mapping: Path | None,
    batch: int,
    dry_run: bool,
    server: Server,
    as_json: bool,
    out: Path | None,
) -> None:
    """Import customers from JSON Lines, one customer a line (`-` reads standard input), or from CSV or Parquet.

    \b
    {"customer_id": "c-1", "attributes": {"age": 41}, "segments": ["gold"], "products": ["card"],
     "consents": [{"channel": "email", "purpose": "advertising", "status": "granted"}]}

    Columns of a table are named by --mapping (docs/imports.md). What is there is merged with the line; null removes an
    attribute. Bad lines are listed with their numbers, all others
    are imported, and the exit code is 1 then. After an interruption run it again: what is there already stays as it is.
    """
    from nba_server.commands.customer_import import Imported, import_lines
    from nba_server.commands.customer_rows import read_customers
    from nba_server.commands.table_rows import BadRow

    if dry_run:
        lines = list(read_customers(file, mapping))
        done = Imported(refused=[line for line in lines if isinstance(line, BadRow)])
        checked = len(lines) - len(done.refused)
        human = f"{checked:,} lines are well formed"
    else:
        with server.client() as client, _progress(file, quiet=as_json) as advance:
            done = import_lines(client.customers, read_customers(file, mapping), batch=batch, progress=advance)
        checked = done.customers
        human = f"{done.customers:,} customers imported"
    data = {"imported": done.customers, "dry_run": dry_run, "well_formed": checked, "refused": done.refused}
    emit(data, human="\n".join([human, *listed(done.refused, "lines", everything=dry_run)]), as_json=as_json, out=out)
    if done.refused:
        sys.exit(1)


@customers.command()
@click.argument("customer_id", metavar="CUSTOMER")
@connection_options
@output_options
def get(customer_id: str, server: Server, as_json: bool, out: Path | None) -> None:
    """Show a customer's profile and consents."""
    with server.client() as client:
        customer = client.customers.get(customer_id)
    emit(customer, human=lambda console: _draw(console, customer), as_json=as_json, out=out)


@customers.command()
@click.argument("customer_id", metavar="CUSTOMER")
@click.confirmation_option(
    prompt="Delete the profile? Contacts, suppressions and denials stay under a keyed hash.", help="Do not ask."
)
@connection_options
@output_options
def delete(customer_id: str, server: Server, as_json: bool, out: Path | None) -> None:
    """Delete a customer's profile."""
    with server.client() as client:
        deleted = client.customers.delete(customer_id)
    emit({"deleted": deleted}, human="deleted" if deleted else "there was no profile", as_json=as_json, out=out)


@contextmanager
def _progress(file: IO[bytes], *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where people look at it."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = terminal(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("importing", total=_size(file))
        yield lambda end: bar.update(task, completed=end)


def _size(file: Any) -> int | None:
    path = Path(getattr(file, "name", "") or "")
    return path.stat().st_size if path.is_file() else None


def _draw(console: Console, customer: Customer) -> None:
    console.print(f"{customer.customer_id}, version {customer.version}", style="bold", markup=False)
    for name, value in customer.attributes.items():
        console.print(f"  {name} = {value}", markup=False)
    if customer.segments:
        console.print(f"segments: {', '.join(customer.segments)}", markup=False)
    if customer.products:
        console.print(f"products: {', '.join(customer.products)}", markup=False)
    if customer.do_not_contact is not None:
        where = ", ".join(customer.do_not_contact.channels) or "all channels"
        console.print(f"on the do-not-contact list for {where}", style="bold", markup=False)
    for matter in customer.matters:
        words = f"open matter {matter.matter_id} ({matter.title}): {matter.text}"
        console.print(words, style="bold", markup=False)
    for consent in customer.consents:
        until = f" until {consent.valid_to:%Y-%m-%d}" if consent.valid_to else ""
        console.print(f"consent: {consent.channel} × {consent.purpose} {consent.status}{until}", markup=False)
