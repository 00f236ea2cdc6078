"""`nba models`: what is in the registry, what serves, and which model should. Works on the store, so no server is needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nba_server.commands.attachment import chosen, open_store
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from nba_server.adapters.model_registry import ModelRegistry
    from nba_server.application.ports import ModelInfo

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Result = TypeVar("_Result")


def _store_options(command: _Command) -> _Command:
    data = click.option("--data", metavar="DIR", help="Data folder of the server (NBA_DATA, else nba-data).")
    store = click.option("--store", metavar="URL", help="Store, when it is not the one in the data folder (NBA_STORE).")
    return data(store(output_options(command)))


@click.group()
def models() -> None:
    """List models, look at one, promote one, roll back."""


@models.command("list")
@_store_options
def list_(data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Show the models of the registry, newest first."""
    found = _on_registry(data, store, lambda registry: registry.list())
    emit({"models": found}, human=lambda console: _draw(found, console), as_json=as_json, out=out)


@models.command()
@click.argument("version", required=False, default="")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report's page to this file.")
@_store_options
def show(version: str, html: Path | None, data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Show a model (default: the live one) with the report of its training."""
    from nba_models import artifact

    model, files = _on_registry(data, store, lambda registry: _one(registry, version))
    report = json.loads(files.get(artifact.REPORT_JSON, b"{}"))
    if html is not None:
        html.write_bytes(files.get(artifact.REPORT_HTML, b""))
    lines = [
        f"{model.version}  {_state(model)}",
        f"trained {_time(model.trained_ms)} from {model.definition}, manifest {model.hash[:16]}",
        *(f"{name:<20} {value:.5f}" for name, value in model.metrics.items()),
        *(
            f"{'passed' if check['passed'] else 'FAILED'}  {check['name']}: {check['found']}, wanted {check['wanted']}"
            for check in report.get("gate", [])
        ),
    ]
    emit({"model": model, "report": report}, human="\n".join(lines), as_json=as_json, out=out)


@models.command()
@click.argument("version")
@click.option("--note", required=True, help="Why, for the audit.")
@click.option("--force", is_flag=True, help="Also a model that its gates refused.")
@_store_options
def promote(
    version: str, note: str, force: bool, data: str | None, store: str | None, as_json: bool, out: Path | None
) -> None:
    """Make a model live for the whole fleet; `prior` means none."""
    _on_registry(data, store, lambda registry: registry.promote(version, note, force=force))
    emit({"live": version}, human=f"{version} is live", as_json=as_json, out=out)


@models.command()
@click.option("--note", default="", help="Why, for the audit.")
@_store_options
def rollback(note: str, data: str | None, store: str | None, as_json: bool, out: Path | None) -> None:
    """Go back to what was live before; before the first model that is the priors."""
    live = _on_registry(data, store, lambda registry: registry.rollback(note))
    emit({"live": live or None}, human=f"{live} is live" if live else "the priors serve", as_json=as_json, out=out)


def _on_registry(data: str | None, store: str | None, work: Callable[[ModelRegistry], Awaitable[_Result]]) -> _Result:
    from nba_models.canary import Canary
    from nba_server.adapters.model_registry import ModelRegistry

    async def run() -> _Result:
        opened = await open_store(chosen(data, store, None))
        try:
            with Canary() as canary:
                return await work(ModelRegistry(opened.artifacts, check=canary.check))
        finally:
            await opened.close()

    return asyncio.run(run())


async def _one(registry: ModelRegistry, version: str) -> tuple[ModelInfo, dict[str, bytes]]:
    from nba_server.errors import NotFound

    for model in await registry.list():
        if model.version == version or (not version and model.live):
            return model, await registry.files(model.version)
    text = (
        f"model {version!r} is not in the registry; `nba models list` shows what is" if version else "no model is live"
    )
    raise NotFound(text, reason="MODEL_NOT_FOUND")


def _draw(found: list[ModelInfo], console: Console) -> None:
    from rich.table import Table

    if not found:
        console.print("no models yet; the priors serve. `nba train --once` trains one")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("version", "trained", "auc", "log loss", "gain", "state"):
        table.add_column(name, justify="right" if name in ("auc", "log loss", "gain") else "left")
    for model in found:
        figures = (
            f"{model.metrics[name]:.4f}" if name in model.metrics else "–" for name in ("auc", "log_loss", "gain")
        )
        table.add_row(model.version, _time(model.trained_ms), *figures, _state(model))
    console.print(table)


def _state(model: ModelInfo) -> str:
    if model.live:
        return "live"
    return f"refused: {model.refused}" if model.refused else "ready"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
