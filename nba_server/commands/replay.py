"""`nba replay`: recomputes decisions from the journal and compares."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nba_server.commands.connection import Server, connection_options
from nba_server.commands.output import emit, output_options


@click.command()
@click.argument("decision_ids", metavar="DECISION...", nargs=-1, required=True)
@connection_options
@output_options
def replay(decision_ids: tuple[str, ...], server: Server, as_json: bool, out: Path | None) -> None:
    """Recompute decisions from their journal entries and say whether they are identical.

    Exit code 1 when one differs; the differences are listed.
    """
    with server.client() as client:
        found = [(decision_id, client.explain(decision_id)) for decision_id in decision_ids]
    data = [
        {"decision_id": decision_id, "identical": explained.identical, "differences": explained.differences}
        for decision_id, explained in found
    ]
    lines = []
    for decision_id, explained in found:
        lines.append(f"{decision_id}: {'identical' if explained.identical else 'DIFFERENT'}")
        lines += [f"  {difference}" for difference in explained.differences]
    emit(data[0] if len(data) == 1 else data, human="\n".join(lines), as_json=as_json, out=out)
    if not all(explained.identical for _, explained in found):
        sys.exit(1)
