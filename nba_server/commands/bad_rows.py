"""How rows that were not taken are shown to people."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.commands.table_rows import BadRow

SHOWN = 20


def listed(refused: Sequence[BadRow], what: str, *, everything: bool = False) -> list[str]:
    """One line each; more than `SHOWN` only when asked for. Empty when all went well."""
    shown = refused if everything else refused[:SHOWN]
    lines = [f"line {bad.line}: {bad.error}" for bad in shown]
    if len(refused) > len(shown):
        lines.append(f"... and {len(refused) - len(shown):,} more (`--json` lists all)")
    return [f"{len(refused):,} {what} refused:", *lines] if lines else []
