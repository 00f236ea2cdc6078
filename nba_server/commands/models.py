"""`nba models`: what is in the registry, what serves, and which model should. On the store, or through a server."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nba_server.commands.connection import Server
from nba_server.commands.model_access import Models, ServerModels, StoreModels
from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from nba_server.application.ports import ModelInfo

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _access(command: _Command) -> _Command:
    """Adds the options that say where the registry is; the command gets one parameter `registry: Models`."""

    @functools.wraps(command)
    def with_access(
        *args: Any, data: str | None, store: str | None, address: str, api_key: str, ca: Path | None, **kwargs: Any
    ) -> Any:
        access = ServerModels(Server(address, api_key, ca)) if address else StoreModels(data, store)
        return command(*args, registry=access, **kwargs)

    wrapped: Any = output_options(with_access)
    for option in reversed(_PLACES):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]  # click adds its parameters to the function it gets


_PLACES = (
    click.option("--data", metavar="DIR", help="Data folder of the server (NBA_DATA, else nba-data)."),
    click.option("--store", metavar="URL", help="Store, when it is not the one in the data folder (NBA_STORE)."),
    click.option("--address", default="", metavar="HOST:PORT", help="Ask this server instead of the store."),
    click.option("--api-key", envvar="NBA_API_KEY", default="", help="The server's API key (NBA_API_KEY)."),
    click.option(
        "--ca",
        envvar="NBA_CA",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="PEM file with the authority that signs the server's certificate (NBA_CA).",
    ),
)


@click.group()
def models() -> None:
    """List models, look at one, promote one, roll back."""


@models.command("list")
@_access
def list_(registry: Models, as_json: bool, out: Path | None) -> None:
    """Show the models of the registry, newest first."""
    found = registry.list()
    emit({"models": found}, human=lambda console: _draw(found, console), as_json=as_json, out=out)


@models.command()
@click.argument("version", required=False, default="")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the report's page to this file.")
@_access
def show(version: str, html: Path | None, registry: Models, as_json: bool, out: Path | None) -> None:
    """Show a model (default: the live one) with the report of its training."""
    found = registry.show(version)
    if html is not None:
        if not found.page:
            raise click.UsageError("there is no page to write; it comes from the store, without --address")
        html.write_bytes(found.page)
    lines = [
        f"{found.model.version}  {_state(found.model)}",
        f"trained {_time(found.model.trained_ms)} from {found.model.definition}, manifest {found.model.hash[:16]}",
        *(f"{name:<20} {value:.5f}" for name, value in found.model.metrics.items()),
        *(
            f"{'passed' if check['passed'] else 'FAILED'}  {check['name']}: {check['found']}, wanted {check['wanted']}"
            for check in found.report.get("gate", [])
        ),
    ]
    emit({"model": found.model, "report": found.report}, human="\n".join(lines), as_json=as_json, out=out)


@models.command()
@click.argument("version")
@click.option("--note", required=True, help="Why, for the audit.")
@click.option("--force", is_flag=True, help="Also a model that its gates refused.")
@_access
def promote(version: str, note: str, force: bool, registry: Models, as_json: bool, out: Path | None) -> None:
    """Make a model live for the whole fleet; `prior` means none."""
    registry.promote(version, note, force=force)
    emit({"live": version}, human=f"{version} is live", as_json=as_json, out=out)


@models.command()
@click.option("--note", default="", help="Why, for the audit.")
@_access
def rollback(note: str, registry: Models, as_json: bool, out: Path | None) -> None:
    """Go back to what was live before; before the first model that is the priors."""
    live = registry.rollback(note)
    emit({"live": live or None}, human=f"{live} is live" if live else "the priors serve", as_json=as_json, out=out)


@models.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many, newest first.")
@_access
def audit(limit: int, registry: Models, as_json: bool, out: Path | None) -> None:
    """Show every step that changed what serves: promotions, stages of rollouts, what was taken back, and why."""
    changes = registry.audit(limit)
    lines = [f"{_time(change.at_ms)}  {change.live or 'priors'}  {change.note}" for change in changes]
    emit({"changes": changes}, human="\n".join(lines) or "nothing was ever changed", as_json=as_json, out=out)


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
    words = [word for word, holds in (("live", model.live), ("serving", model.serving)) if holds]
    words += [model.rollout] if model.rollout and not model.live else []
    words += [f"refused: {model.refused}"] if model.refused else []
    return ", ".join(words) or "ready"


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
