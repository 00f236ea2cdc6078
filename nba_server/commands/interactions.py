"""`nba interactions`: brings past contacts in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nba_server.commands.bad_rows import listed
from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options
from nba_server.commands.row_progress import row_progress


@click.group()
def interactions() -> None:
    """Bring past contacts and their outcomes in."""


@interactions.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Column mapping (YAML).")
@click.option("--batch", type=click.IntRange(1, 1000), default=500, show_default=True, help="Contacts a call.")
@click.option("--dry-run", is_flag=True, help="Only read the file and list its bad rows.")
@connection_options
@output_options
def import_(
    file: Path, mapping: Path | None, batch: int, dry_run: bool, server: Server, as_json: bool, out: Path | None
) -> None:
    """Import a campaign history from CSV, Parquet or JSON Lines (docs/imports.md).

    \b
    {"customer_id": "c-1", "time": "2026-02-03T09:00:00Z", "channel": "email", "action": "second-sim",
     "pick_probability": 0.25, "candidates": ["second-sim", "unlimited"], "outcome": "converted", "revenue": 60}

    Customers come first: `nba customers import`. Bad rows are listed with their numbers, all others are imported, and the
    exit code is 1 then. Run it again after an interruption: what is there already stays as it is.
    """
    from nba_server.commands.interaction import Interaction, read_interactions
    from nba_server.commands.interaction_import import ImportedInteractions, import_interactions
    from nba_server.commands.table_rows import BadRow

    rows = read_interactions(file, mapping)
    if dry_run:
        found = list(rows)
        done = ImportedInteractions(refused=[row for row in found if isinstance(row, BadRow)])
        good = [row for row in found if isinstance(row, Interaction)]
        done.without_offer = sum(not row.action for row in good)
        human = f"{len(good):,} rows are well formed, {done.without_offer:,} of them without an offer"
    else:
        with server.client() as client, row_progress("importing", quiet=as_json) as advance:
            done = import_interactions(client, rows, batch=batch, progress=advance)
        human = (
            f"{done.contacts:,} contacts and {done.outcomes:,} outcomes imported, {done.known:,} contacts were known already, "
            f"{done.without_offer:,} rows without an offer passed over"
        )
    document = {
        "dry_run": dry_run,
        "contacts": done.contacts,
        "outcomes": done.outcomes,
        "known": done.known,
        "without_offer": done.without_offer,
        "refused": done.refused,
    }
    emit(
        document, human="\n".join([human, *listed(done.refused, "rows", everything=dry_run)]), as_json=as_json, out=out
    )
    if done.refused:
        sys.exit(1)
