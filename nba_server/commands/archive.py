"""`nba archive`: runs the archiver on its own, and tells what the archive holds and whether it is whole."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.commands.archive_mending import dead, repair
from nba_server.commands.attachment import chosen, open_store, store_options, store_url
from nba_server.commands.output import emit, output_options
from nba_server.settings import Settings

if TYPE_CHECKING:
    from nba_server.adapters.archive.settings import ArchiverSettings

KINDS = (
    *("decision", "outcome", "contact", "customer", "purchase"),
    *("identity", "event", "matter", "attribution"),
)
_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])


@click.group()
def archive() -> None:
    """Move the journal into the archive, check the archive, mend it, read it out."""


archive.add_command(repair)
archive.add_command(dead)


@archive.command()
@store_options
@click.option("--once", is_flag=True, help="Archive what is there now, then end.")
@click.option(
    "--interval", type=click.FloatRange(0.1), default=30.0, show_default=True, help="Seconds between commits."
)
@click.option("--keep", type=click.FloatRange(0), default=24.0, show_default=True, help="Hours in the journal.")
@click.option(
    "--keep-entries", type=click.IntRange(0), default=1_000_000, show_default=True, help="Entries in the journal."
)
@click.option(
    "--keep-bytes", type=click.IntRange(0), default=1 << 30, show_default=True, help="Memory of the journal, in bytes."
)
@click.option(
    "--retention", type=click.IntRange(0), default=0, show_default=True, help="Days in the archive; 0 for ever."
)
@output_options
def run(
    data: str | None,
    store: str | None,
    archive: str | None,
    once: bool,
    interval: float,
    keep: float,
    keep_entries: int,
    keep_bytes: int,
    retention: int,
    as_json: bool,
    out: Path | None,
) -> None:
    """Run the archiver as a process of its own. It waits while another one holds the lease."""
    from nba_server.adapters.archive.settings import ArchiverSettings

    pace = ArchiverSettings(
        interval_ms=round(interval * 1000),
        keep_ms=round(keep * 3_600_000),
        keep_entries=keep_entries,
        keep_bytes=keep_bytes,
        retention_days=retention,
    )
    archived = asyncio.run(_run(chosen(data, store, archive), pace, once=once))
    emit({"archived": archived}, human=f"{archived:,} entries archived", as_json=as_json, out=out)


@archive.command()
@store_options
@output_options
def status(data: str | None, store: str | None, archive: str | None, as_json: bool, out: Path | None) -> None:
    """Show rows, size, last commit, and how far the journal is ahead."""
    settings = chosen(data, store, archive)
    held, ahead = asyncio.run(_condition(settings))
    facts = {"location": settings.archive_location, "archive": held, "journal": ahead}
    lines = [
        f"archive  {settings.archive_location}, version {held.version}",
        f"rows     {held.rows:,} in {held.files:,} files, {held.size / 1e6:,.1f} MB",
    ]
    if held.rows:
        lines.append(f"times    {_moment(held.first_ms)} to {_moment(held.last_ms)}")
        lines.append(f"commit   {_moment(held.committed_ms)}")
    if ahead is None:
        lines.append("journal  no server runs on the data folder")
    else:
        dead = f", {ahead.dead} dead letters" if ahead.dead else ""
        lines.append(f"journal  {ahead.entries:,} entries, the archive is {ahead.lag_ms / 1000:,.1f} s behind{dead}")
    emit(facts, human="\n".join(lines), as_json=as_json, out=out)


@archive.command()
@store_options
@output_options
def verify(data: str | None, store: str | None, archive: str | None, as_json: bool, out: Path | None) -> None:
    """Read every byte of the archive; damaged files are named, and the exit code is 1.

    The archiver reads files again before the journal forgets them, and all others from time to time; it rebuilds what it can.
    `nba archive repair` does the same at once, and says what is lost.
    """
    from nba_server.adapters.archive.reader import ArchiveReader

    reader = ArchiveReader(chosen(data, store, archive).archive_location)
    files, faults = reader.files(), reader.verify()
    rows = sum(file.rows for file in files)
    facts = {"version": reader.version, "files": len(files), "rows": rows, "faults": faults}
    lines = [f"{fault.file}: {fault.what} ({fault.rows:,} rows)" for fault in faults]
    lines.append(f"{len(files) - len(faults):,} of {len(files):,} files are whole, {rows:,} rows in all")
    emit(facts, human="\n".join(lines), as_json=as_json, out=out)
    if faults:
        sys.exit(1)


@archive.command()
@store_options
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only entries of this kind; repeatable.")
@click.option("--since", type=_MOMENT, help="From this moment on (UTC).")
@click.option("--until", type=_MOMENT, help="Before this moment (UTC).")
@click.option("--version", type=click.IntRange(0), help="Of this version of the table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array instead of one entry a line.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def export(
    data: str | None,
    store: str | None,
    archive: str | None,
    kinds: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    version: int | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Print the archive's entries as JSON Lines."""
    from nba_server.adapters.archive.reader import ArchiveReader

    reader = ArchiveReader(chosen(data, store, archive).archive_location, version=version)
    entries = reader.entries(kinds or None, _milliseconds(since), _milliseconds(until))
    with click.open_file(str(out) if out else "-", "w", encoding="utf-8") as sink:
        if as_json:
            sink.write("[")
        for number, document in enumerate(map(_document, entries)):
            if as_json and number:
                sink.write(",")
            sink.write(json.dumps(document, ensure_ascii=False) + "\n")
        if as_json:
            sink.write("]\n")


async def _run(settings: Settings, pace: ArchiverSettings, *, once: bool) -> int:
    from nba_server.adapters.archive.archiver import Archiver

    store = await open_store(settings)
    try:
        archiver = Archiver(store, settings.archive_location, pace, followers=store.webhooks)
        if once:
            await archiver.drain()
            return archiver.archived
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await archiver.run(stop)
        return archiver.archived
    finally:
        await store.close()


async def _condition(settings: Settings) -> Any:
    from nba_server.adapters.archive.condition import archive_condition, journal_condition
    from nba_server.adapters.archive.reader import ArchiveReader

    reader = ArchiveReader(settings.archive_location)
    held = archive_condition(reader)
    if store_url(settings) is None:
        return held, None
    store = await open_store(settings)
    try:
        return held, await journal_condition(store, reader)
    finally:
        await store.close()


def _document(archived: Any) -> dict[str, object]:
    from google.protobuf.json_format import MessageToDict

    body = getattr(archived.entry, archived.kind)
    return {
        "kind": archived.kind,
        "at": _moment(archived.at_ms),
        "bucket": archived.bucket,
        "stream_id": archived.stream_id,
        "taken": archived.taken,
        "substituted": archived.substituted,
        archived.kind: MessageToDict(body, preserving_proto_field_name=True),
    }


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.replace(tzinfo=UTC).timestamp() * 1000)
