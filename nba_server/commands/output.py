"""The output rules shared by all commands: for people by default, `--json` for programs, `--out FILE` to a file.

It knows nothing of what is printed: a command hands over plain data and a function that draws it for people.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

_Command = TypeVar("_Command", bound=Callable[..., Any])


def output_options(command: _Command) -> _Command:
    """Adds `--json` (parameter `as_json: bool`) and `--out FILE` (parameter `out: Path | None`) to a command."""
    out = click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the JSON document to this file.",
    )
    as_json = click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON document instead of text for people."
    )
    return as_json(out(command))


def emit(
    data: object, *, human: Callable[[Console], None] | str, as_json: bool = False, out: Path | None = None
) -> None:
    """Prints `data` as JSON, or for people; with `out` the JSON goes to that file too.

    `data` is anything that `plain` understands. `human` draws it on a rich console and is only called when it is
    needed; a text is printed as it is.
    """
    if as_json or out is not None:
        text = json.dumps(plain(data), ensure_ascii=False, indent=2, allow_nan=False)
        if out is not None:
            out.write_text(text + "\n", encoding="utf-8")
        if as_json:
            click.echo(text)
            return
    if isinstance(human, str):
        click.echo(human)
    else:
        human(terminal())


def terminal(*, stderr: bool = False) -> Console:
    """A console on standard output (or error). Without a terminal it is wide enough that no table cell is cut."""
    from rich.console import Console

    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, width=160, no_color=True)
    return console


def plain(value: object) -> Any:
    """Data as JSON knows it: dataclasses and messages become objects, times ISO 8601, NaN and infinity null."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "DESCRIPTOR"):
        return _message(value)
    if isinstance(value, set | frozenset):
        return [plain(item) for item in sorted(value, key=str)]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return [plain(item) for item in value]  # type: ignore[attr-defined]  # anything iterable; else a TypeError is right


def _message(message: Any) -> Any:
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
