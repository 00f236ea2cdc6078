"""`nba webhooks`: endpoints and how far they are, a test message, dead letters and their redelivery."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from nba_server.commands.attachment import chosen, open_store, store_options
from nba_server.commands.output import emit, output_options
from nba_server.errors import NotFound

if TYPE_CHECKING:
    from rich.console import Console

    from nba_server.adapters.redis.webhooks import EndpointState, WebhookLetter, WebhookStore

_Result = TypeVar("_Result")
_FILE = click.option(
    "--webhooks", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), envvar="NBA_WEBHOOKS", required=True,
    help="File of the endpoints (NBA_WEBHOOKS).",
)  # fmt: skip
SHOWN = 20


@click.group()
def webhooks() -> None:
    """Tell others what happens: endpoints, dead letters, redelivery (docs/webhooks.md)."""


@webhooks.command("list")
@store_options
@output_options
def list_(data: str | None, store: str | None, archive: str | None, as_json: bool, out: Path | None) -> None:
    """Show the endpoints that the server knows, and how far each is."""

    async def read(hooks: WebhookStore) -> list[tuple[EndpointState, int]]:
        return [(state, await hooks.dead_count(state.name)) for state in await hooks.states()]

    found = _on(data, store, read)
    documents = [
        {
            "name": state.name,
            "url": state.url,
            "state": _word(state),
            "delivered": state.delivered,
            "failed_attempts": state.failures,
            "dead": dead,
            "skipped": state.skipped,
            "last_delivered": _moment(state.last_ms),
            "why": state.disabled or state.failing,
        }
        for state, dead in found
    ]
    emit(documents, human=lambda console: _draw(console, documents), as_json=as_json, out=out)


@webhooks.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check a file of endpoints; all faults are listed with their lines. Secrets must be there."""
    from nba_server.adapters.webhooks.endpoint_file import load_endpoints

    endpoints = load_endpoints(file)
    click.echo(f"no faults: {', '.join(one.name for one in endpoints) or 'no endpoints'}")


@webhooks.command()
def types() -> None:
    """List the types of events."""
    from nba_server.adapters.webhooks.event import TYPES

    width = max(map(len, TYPES))
    for type_, (_, meaning) in TYPES.items():
        click.echo(f"{type_:<{width}}  {meaning}")


@webhooks.command()
def secret() -> None:
    """Print a fresh secret."""
    from nba_server.adapters.webhooks.signature import new_secret

    click.echo(new_secret())


@webhooks.command()
@click.argument("name")
@_FILE
@output_options
def test(name: str, file: Path, as_json: bool, out: Path | None) -> None:
    """Send a signed test message (`nba.webhook.test`) to an endpoint of the file, from here. Exit code 1: it was not taken."""
    from nba_server.adapters.webhooks.endpoint_file import load_endpoints
    from nba_server.adapters.webhooks.trial import send_test

    endpoint = next((one for one in load_endpoints(file) if one.name == name), None)
    if endpoint is None:
        raise NotFound(f"{file.name} has no endpoint {name!r}", reason="ENDPOINT_NOT_FOUND")
    trial = asyncio.run(send_test(endpoint))
    said = "taken" if trial.delivered else trial.reason
    emit(trial, human=f"{trial.id} to {endpoint.url}: {said} ({trial.took_ms} ms)", as_json=as_json, out=out)
    if not trial.delivered:
        sys.exit(1)


@webhooks.command()
@click.argument("name")
@click.option("--drop", is_flag=True, help="Forget them.")
@store_options
@output_options
def dead(
    name: str, drop: bool, data: str | None, store: str | None, archive: str | None, as_json: bool, out: Path | None
) -> None:
    """List the messages that were given up, with the reason; the JSON has their bodies."""

    async def work(hooks: WebhookStore) -> list[WebhookLetter]:
        found = await hooks.dead(name)
        if drop:
            await hooks.drop(name, [letter.id for letter in found])
        return found

    letters = _on(data, store, work)
    documents = [_letter(letter) for letter in letters]
    lines = [f"{_moment(one.at_ms)}  {one.id}  {one.type}  {one.attempts} attempts: {one.reason}" for one in letters]
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"... and {len(lines) - SHOWN:,} more (`--json` lists all)"]
    lines.append(f"{len(letters):,} dead letters" + (", forgotten" if drop else ""))
    emit(documents, human="\n".join(lines), as_json=as_json, out=out)


@webhooks.command()
@click.argument("name")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All dead letters of the endpoint.")
@store_options
def redeliver(
    name: str, ids: Sequence[str], everything: bool, data: str | None, store: str | None, archive: str | None
) -> None:
    """Deliver dead letters again, under the ids that they always had. The running server does it within seconds."""
    if everything == bool(ids):
        raise click.UsageError("Name ids (`nba webhooks dead`), or say --all.")

    async def work(hooks: WebhookStore) -> int:
        found = {letter.id: letter for letter in await hooks.dead(name)}
        unknown = [id_ for id_ in ids if id_ not in found]
        if unknown:
            raise NotFound(f"{name} has no dead letter {unknown[0]}", reason="DEAD_LETTER_NOT_FOUND")
        wanted = list(found.values()) if everything else [found[id_] for id_ in ids]
        await hooks.redeliver(name, wanted)
        return len(wanted)

    click.echo(f"delivered again: {_on(data, store, work):,}")


@webhooks.command()
@click.argument("name")
@store_options
def enable(name: str, data: str | None, store: str | None, archive: str | None) -> None:
    """Tell an endpoint again that answered that it is gone; it goes on where it was left."""

    async def work(hooks: WebhookStore) -> None:
        await _known(hooks, name)
        await hooks.disable(name, "")

    _on(data, store, work)
    click.echo(f"{name} is told again")


@webhooks.command()
@click.argument("name")
@store_options
def forget(name: str, data: str | None, store: str | None, archive: str | None) -> None:
    """Forget an endpoint that no file names any more: the journal waits for it no longer. Dead letters stay."""

    async def work(hooks: WebhookStore) -> None:
        await _known(hooks, name)
        await hooks.forget(name)

    _on(data, store, work)
    click.echo(f"{name} is forgotten")


async def _known(hooks: WebhookStore, name: str) -> None:
    if name not in {state.name for state in await hooks.states()}:
        raise NotFound(f"there is no endpoint {name!r}; `nba webhooks list` shows them", reason="ENDPOINT_NOT_FOUND")


def _on(data: str | None, store: str | None, work: Callable[[WebhookStore], Awaitable[_Result]]) -> _Result:
    async def run() -> _Result:
        opened = await open_store(chosen(data, store, None))
        try:
            return await work(opened.webhooks)
        finally:
            await opened.close()

    return asyncio.run(run())


def _word(state: EndpointState) -> str:
    if state.disabled:
        return "disabled"
    return "failing" if state.failing else "well"


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if ms else ""


def _letter(letter: WebhookLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "type": letter.type,
        "at": _moment(letter.at_ms),
        "given_up": _moment(letter.given_up_ms),
        "attempts": letter.attempts,
        "reason": letter.reason,
        "body": letter.body.decode(),
    }


def _draw(console: Console, documents: Sequence[dict[str, object]]) -> None:
    from rich.markup import escape
    from rich.table import Table

    if not documents:
        console.print("no endpoints; see `nba serve --webhooks FILE`", markup=False)
        return
    table = Table()
    for name in ("name", "url", "state"):
        table.add_column(name, overflow="fold")
    for name in ("delivered", "failed", "dead", "skipped"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last", no_wrap=True)
    table.add_column("why", overflow="fold")
    for one in documents:
        numbers = [f"{one[name]:,}" for name in ("delivered", "failed_attempts", "dead", "skipped")]
        texts = [escape(str(one[name])) for name in ("name", "url", "state")]
        table.add_row(*texts, *numbers, str(one["last_delivered"]), escape(str(one["why"])))
    console.print(table)
