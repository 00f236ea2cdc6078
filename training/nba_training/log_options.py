"""Which log a command reads, and what of it: the same options wherever one is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--log", required=True, metavar="FILE|archive", help="A log file, or the archive of the server."),
    click.option(
        "--mapping",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Column mapping (YAML) of a table of interactions.",
    ),
    click.option(
        "--reward",
        type=click.Choice(["positive", "value"]),
        default="positive",
        show_default=True,
        help="Of the archive: positive outcomes, or the money of conversions.",
    ),
    click.option("--placement", default="", help="Only this placement of the archive."),
)


def log_options(command: F) -> F:
    """Adds `log`, `mapping`, `reward` and `placement`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
