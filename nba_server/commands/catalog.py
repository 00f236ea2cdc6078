"""`nba catalog`: publishes, compares and rolls back snapshots in the store; prints the format's schema and facts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nba_server.commands.attachment import chosen, open_store, store_url
from nba_server.commands.failure import CommandFailed
from nba_server.commands.output import emit, output_options
from nba_server.errors import FailedPrecondition
from nba_server.settings import Settings

if TYPE_CHECKING:
    from nba_server.adapters.redis.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Result = TypeVar("_Result")
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _store_options(command: _Command) -> _Command:
    data = click.option("--data", metavar="DIR", help="Data folder of the server (NBA_DATA, else nba-data).")
    store = click.option("--store", metavar="URL", help="Store, when it is not the one in the data folder (NBA_STORE).")
    return data(store(output_options(command)))


@click.group()
def catalog() -> None:
    """Publish, compare and roll back catalogues; print the format's schema and facts."""


@catalog.command()
@click.argument("folder", type=_FOLDER)
@click.option("--note", default="published", help="Why, for the audit.")
@click.option("--skip-tests", is_flag=True, help="Publish although the catalogue's own tests fail.")
@_store_options
def publish(
    folder: Path, note: str, skip_tests: bool, data: str | None, store: str | None, as_json: bool, out: Path | None
) -> None:
    """Check a folder, put its snapshot into the store and make it live for the whole fleet."""
    from nba_server.adapters.catalog.checked import check_folder
    from nba_server.adapters.catalog.faults import CatalogFaulty
    from nba_server.adapters.catalog.publishing import ROLLBACK_NOTE, publish

    checked = check_folder(folder)
    if checked.compiled is None:
        raise CatalogFaulty(checked.faults)
    if not checked.sound and not skip_tests:
        raise CommandFailed(f"the catalogue's tests fail; see `nba check {folder}`, or give --skip-tests")
    if note == ROLLBACK_NOTE:
        raise click.UsageError(f"the note {ROLLBACK_NOTE!r} marks roll-backs; write another")
    compiled = checked.compiled
    changed = _on_store(data, store, lambda opened: publish(opened.snapshots, compiled, note), create=True)
    text = f"{compiled.hash[:12]} is live" if changed else f"{compiled.hash[:12]} was live already; nothing changed"
    emit({"hash": compiled.hash, "changed": changed}, human=text, as_json=as_json, out=out)


@catalog.command()
@click.argument("new", metavar="DIR|HASH")
@click.argument("old", metavar="[HASH]", required=False)
@_store_options
def diff(new: str, old: str | None, data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Show in words what a folder or snapshot changes against another snapshot (default: the live one)."""
    from nba_server.adapters.catalog.difference import differences

    before, after = _on_store(data, store, lambda opened: _both(opened, old, new))
    changes = differences(before, after)
    marks = {"added": "+", "removed": "-", "changed": "~"}
    lines = [f"{marks[change.change]} {change}" for change in changes] or ["no difference"]
    emit({"changes": changes}, human="\n".join(lines), as_json=as_json, out=out)


@catalog.command()
@click.argument("hash_", metavar="[HASH]", required=False, default="")
@_store_options
def rollback(hash_: str, data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Make an older snapshot live for the whole fleet (default: the one before). A server that watches a folder keeps to
    it until the folder changes."""
    from nba_server.adapters.catalog.publishing import roll_back

    live = _on_store(data, store, lambda opened: roll_back(opened.snapshots, hash_))
    emit({"hash": live}, human=f"{live[:12]} is live", as_json=as_json, out=out)


@catalog.command("list")
@_store_options
def list_(data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """List the snapshots of the store, newest first."""
    from nba_server.adapters.catalog.publishing import published
    from nba_server.commands.catalog_tables import snapshot_table

    found = _on_store(data, store, lambda opened: published(opened.snapshots))
    emit(found, human=lambda console: console.print(snapshot_table(found)), as_json=as_json, out=out)


@catalog.command()
@click.argument("what", metavar="[DIR|HASH]", required=False, default="")
@_store_options
def show(what: str, data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Show a folder's or snapshot's actions (default: the live one); `--json` prints the canonical document."""
    from nba_server.commands.catalog_tables import action_table

    document = _folder(what) or _on_store(data, store, lambda opened: _snapshot(opened, what))
    emit(document, human=lambda console: console.print(action_table(document)), as_json=as_json, out=out)


@catalog.command()
@click.option("--tests", is_flag=True, help="The schema of test files (*_test.yaml) instead.")
@output_options
def schema(tests: bool, as_json: bool, out: Path | None) -> None:
    """Print the JSON Schema of catalogue files, for editors."""
    import json

    from nba_server.adapters.catalog.schema import schema_text

    text = schema_text("test_schema.json" if tests else "schema.json")
    emit(json.loads(text), human=text.rstrip("\n"), as_json=as_json, out=out)


@catalog.command()
@output_options
def facts(as_json: bool, out: Path | None) -> None:
    """Print the facts that rules can read, as a Markdown table."""
    from nba_server.adapters.catalog.fact_table import fact_rows, fact_table

    emit(fact_rows(), human=fact_table().rstrip("\n"), as_json=as_json, out=out)


def _on_store(
    data: str | None, store: str | None, work: Callable[[Store], Awaitable[_Result]], *, create: bool = False
) -> _Result:
    """Runs `work` on the store. With `create` a fresh database becomes a live store first."""

    async def run() -> _Result:
        opened = await _open(chosen(data, store, None), create)
        try:
            return await work(opened)
        finally:
            await opened.close()

    return asyncio.run(run())


async def _open(settings: Settings, create: bool) -> Store:
    from nba_server.adapters.redis.store import Store

    try:
        return await open_store(settings)
    except FailedPrecondition as fault:
        url = store_url(settings)
        if fault.reason != "NO_STORE" or not create or url is None:
            raise
    return await Store.open(url, allow=frozenset(settings.store_allow))


async def _both(opened: Store, old: str | None, new: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return await _snapshot(opened, old or ""), _folder(new) or await _snapshot(opened, new)


def _folder(name: str) -> dict[str, Any] | None:
    """The canonical document of a folder; None when there is no such folder."""
    import orjson

    from nba_server.adapters.catalog import compile_folder

    if not name or not Path(name).is_dir():
        return None
    document: dict[str, Any] = orjson.loads(compile_folder(name).canonical)
    return document


async def _snapshot(opened: Store, hash_: str) -> dict[str, Any]:
    """The canonical document of a snapshot (empty: the live one). Raises `NotFound`, `FailedPrecondition`."""
    import orjson

    from nba_server.adapters.catalog.publishing import resolve

    live = hash_ or await opened.snapshots.live()
    if not live:
        raise FailedPrecondition("No catalogue is live in this store; publish one with `nba catalog publish FOLDER`.")
    document: dict[str, Any] = orjson.loads(await opened.snapshots.get(await resolve(opened.snapshots, live)) or b"{}")
    return document
