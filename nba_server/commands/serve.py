"""`nba serve`. Its options are made from the settings."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import click

from nba_server.errors import InvalidArgument
from nba_server.settings import Settings, flag, variable


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """One option a setting, in the order of the settings."""
    for item in reversed(dataclasses.fields(Settings)):
        kind = item.metadata["kind"]
        attributes: dict[str, Any] = {
            "default": None,
            "help": f"{item.metadata['meaning']} [env: {variable(item.name)}]",
        }
        if kind.flag:
            attributes |= {"is_flag": False, "flag_value": "true"}
        command = click.option(flag(item.name), item.name, metavar=kind.form.upper(), **attributes)(command)
    return command


@click.command()
@_options
@click.option("--json", "as_json", is_flag=True, help="Say where it answers as one line of JSON on standard output.")
def serve(as_json: bool, **flags: str | None) -> None:
    """Run the server: the store's engine, the workers, the archiver and the timers, until Ctrl-C or SIGTERM.

    Exit codes: 0 stopped in order, 1 could not start, 2 wrong settings (all of them are listed).
    """
    try:
        settings = Settings.load(flags, os.environ)
        if settings.webhooks is not None:
            from nba_server.adapters.webhooks.endpoint_file import load_endpoints

            load_endpoints(settings.webhooks)
    except InvalidArgument as error:
        raise click.UsageError("\n  ".join(f"{v.field}: {v.message}" for v in error.violations)) from error
    from nba_server import lifecycle
    from nba_server.observability import logs
    from nba_server.processes.ready import Ready

    as_text = logs.start(settings.log_level, settings.log_format)

    def announce(ready: Ready) -> None:
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(ready), default=str))
        elif as_text:
            click.echo(ready.banner(version("nba-server")))
        else:
            logging.getLogger("nba.lifecycle").info("ready", extra=dataclasses.asdict(ready))

    asyncio.run(lifecycle.serve(settings, announce))
