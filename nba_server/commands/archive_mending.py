"""`nba archive repair` and `nba archive dead`: what to do about damage, and about entries that could not be archived."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.attachment import chosen, open_store, store_options
from nba_server.commands.output import emit, output_options
from nba_server.settings import Settings

if TYPE_CHECKING:
    from nba_server.adapters.archive.dead_letters import DeadEntry
    from nba_server.adapters.archive.repair import Repaired

LOST = 3
"""Exit code: entries are lost."""
SHOWN = 20
"""Lost entries that are printed for people; `--json` has all."""


@click.command()
@store_options
@click.option("--dry-run", is_flag=True, help="Only tell what would be rebuilt and what is lost.")
@click.option("--no-journal", is_flag=True, help="Work without the store: what only the journal still has is given up.")
@output_options
def repair(
    data: str | None,
    store: str | None,
    archive: str | None,
    dry_run: bool,
    no_journal: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Rebuild damaged files from the journal and from what is left of them.

    Safe beside a running server. Exit codes: 0 nothing is damaged, or all of it is rebuilt; 1 it could not be done; 3 entries
    are lost: they are listed by id where the id is left, else by bounds, and the archive can be read without them.
    """
    done = asyncio.run(_repair(chosen(data, store, archive), dry_run=dry_run, no_journal=no_journal))
    lost = sum(one.lost for one in done)
    lines = [line for one in done for line in _lines(one)]
    verb = "would be rebuilt" if dry_run else "rebuilt"
    lines.append(f"{len(done):,} damaged files {verb}, {lost:,} entries lost" if done else "no file is damaged")
    facts = {"dry_run": dry_run, "lost": lost, "files": done}
    emit(facts, human="\n".join(lines), as_json=as_json, out=out)
    if lost:
        sys.exit(LOST)


@click.command()
@store_options
@click.option("--retry", "again", is_flag=True, help="Put those back into the journal that this version can read.")
@output_options
def dead(
    data: str | None, store: str | None, archive: str | None, again: bool, as_json: bool, out: Path | None
) -> None:
    """List the entries that could not be archived, with the reason; they are kept in the store.

    Exit codes: 0 none is left, or they were only listed; 1 with `--retry`, when some still cannot be read.
    """
    back, left = asyncio.run(_dead(chosen(data, store, archive), again=again))
    lines = [_letter(entry) for entry in left]
    if again:
        lines.append(f"{len(back):,} put back, {len(left):,} still cannot be read")
    elif not left:
        lines.append("no dead letters")
    emit({"put_back": back, "dead": left}, human="\n".join(lines), as_json=as_json, out=out)
    if again and left:
        sys.exit(1)


async def _repair(settings: Settings, *, dry_run: bool, no_journal: bool) -> list[Repaired]:
    from nba_server.adapters.archive.repair import Repair

    if no_journal:
        return await Repair(None, settings.archive_location).all(dry_run=dry_run)
    store = await open_store(settings)
    try:
        return await Repair(store, settings.archive_location).all(dry_run=dry_run)
    finally:
        await store.close()


async def _dead(settings: Settings, *, again: bool) -> tuple[list[DeadEntry], list[DeadEntry]]:
    from nba_server.adapters.archive.dead_letters import dead_entries, retry

    store = await open_store(settings)
    try:
        back = await retry(store.journal) if again else []
        return back, await dead_entries(store.journal)
    finally:
        await store.close()


def _lines(one: Repaired) -> list[str]:
    lines = [
        f"{one.file}: {one.what}",
        f"  {one.rows:,} rows: {one.kept:,} kept, {one.restored:,} from the journal, {one.lost:,} lost",
    ]
    for entry in one.lost_entries[:SHOWN]:
        name = " ".join(part for part in (entry.kind, entry.decision_id) if part)
        lines.append(f"  lost: bucket {entry.bucket}, {entry.stream_id}, {_moment(entry.at_ms)} {name}".rstrip())
    if len(one.lost_entries) > SHOWN:
        lines.append(f"  lost: {len(one.lost_entries) - SHOWN:,} more, see --json")
    lines += [
        f"  lost: up to {bounds.rows:,} of buckets {bounds.first_bucket} to {bounds.last_bucket},"
        f" {_moment(bounds.first_ms)} to {_moment(bounds.last_ms)}"
        for bounds in one.lost_ranges
    ]
    return lines


def _letter(entry: DeadEntry) -> str:
    again = " (readable now: --retry)" if entry.readable else ""
    place = f"bucket {entry.bucket}, {entry.stream_id}, {_moment(entry.at_ms)}"
    return f"{place}, {entry.kind}, {entry.size:,} bytes: {entry.reason}{again}"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
