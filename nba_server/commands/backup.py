"""`nba backup` and `nba restore`: store and archive together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nba_server.commands.attachment import chosen, store_options
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from nba_server.adapters.backup.making import Place
    from nba_server.adapters.backup.manifest import Manifest

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("target", type=_PATH)
@store_options
@click.option("--no-trial", is_flag=True, help="Do not start the snapshot once to count what it holds (needs memory).")
@output_options
def backup(
    target: Path,
    data: str | None,
    store: str | None,
    archive: str | None,
    no_trial: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Back up store and archive into TARGET: a new folder, or one file when it ends with .tar.

    The server may run and answer meanwhile; without one the data folder's store is started for the time being. All that
    was acknowledged before the command began is in the backup, catalogues and models included. It holds the store's secret and
    customers' profiles: keep it as you keep the store.
    """
    from nba_server.adapters.backup.making import back_up

    place = _place(data, store, archive)
    made = asyncio.run(back_up(place, target, server_version=version("nba-server"), trial=not no_trial))
    emit({"backup": target, **_facts(made)}, human=f"{target} is made\n{_described(made)}", as_json=as_json, out=out)


@click.command()
@click.argument("backup", type=_PATH)
@store_options
@click.option("--check", "only_check", is_flag=True, help="Only read the backup and compare it with its manifest.")
@output_options
def restore(
    backup: Path,
    data: str | None,
    store: str | None,
    archive: str | None,
    only_check: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Restore a BACKUP into an empty data folder (or an empty store and archive), and count what is there then.

    A damaged backup, one of a newer version, and a place that holds something are refused before anything is written. Start
    `nba serve` on the place afterwards.
    """
    from nba_server.adapters.backup.restoring import check
    from nba_server.adapters.backup.restoring import restore as put_back

    place = _place(data, store, archive)
    if only_check:
        manifest = check(backup, backup.absolute().parent)
        emit(
            {"backup": backup, "whole": True, **_facts(manifest)},
            human=f"{backup} is whole\n{_described(manifest)}",
            as_json=as_json,
            out=out,
        )
        return
    done = asyncio.run(put_back(backup, place))
    facts = {"backup": backup, "data": place.data, "restored": done.counts, "archive_rows": done.archive_rows}
    where = place.store or place.data
    emit(facts, human=f"{backup} is restored into {where}\n{_described(done.manifest)}", as_json=as_json, out=out)


def _place(data: str | None, store: str | None, archive: str | None) -> Place:
    from nba_server.adapters.backup.making import Place

    settings = chosen(data, store, archive)
    return Place(settings.data, settings.store, settings.archive_location)


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "began_ms": manifest.began_ms,
        "server_version": manifest.server_version,
        "store_kind": manifest.store_kind,
        "store_form": manifest.store_form,
        "counts": manifest.counts,
        "archive_version": manifest.archive_version,
        "archive_rows": manifest.archive_rows,
        "files": len(manifest.files),
        "bytes": sum(file.size for file in manifest.files),
    }


def _described(manifest: Manifest) -> str:
    began = datetime.fromtimestamp(manifest.began_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    held = "not counted"
    if manifest.counts:
        counts = manifest.counts
        held = (
            f"{counts.customers:,} customers, {counts.journal:,} journal entries, {counts.requests:,} remembered requests,"
            f" {counts.timers:,} timers, {counts.dead:,} dead letters"
        )
    size = sum(file.size for file in manifest.files)
    return "\n".join(
        [
            f"as of    {began}, nba-server {manifest.server_version}",
            f"store    {held} ({manifest.store_kind}, {manifest.engine}, {manifest.store_form})",
            f"archive  {manifest.archive_rows:,} rows, version {manifest.archive_version}",
            f"size     {size / 1e6:,.1f} MB in {len(manifest.files):,} files",
        ]
    )
