"""Generates docs/configuration.md from the settings' own descriptions.

`python tools/generate_configuration.py` writes; `--check` compares instead and fails when the page is out of date.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from nba_server.settings import Settings, flag, variable

PAGE = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
HEAD = """\
# Configuration

<!-- Generated from nba_server/settings.py by tools/generate_configuration.py. Do not edit. -->

`nba serve` takes each setting as a flag or as an environment variable; a flag wins. Wrong settings are all listed at once,
and the server does not start (exit code 2). Durations are a number and `ms`, `s`, `m`, `h` or `d`.

Addresses other than loopback need TLS (`--tls-cert`, `--tls-key`) and API keys (`--api-keys`): the server refuses to be
open by mistake. What the settings mean in operation is in [operations](operations.md).

| flag | variable | value | default | meaning |
|---|---|---|---|---|
"""


def page() -> str:
    """The page's text."""
    return HEAD + "".join(_row(item) for item in dataclasses.fields(Settings))


def _row(item: dataclasses.Field[object]) -> str:
    kind = item.metadata["kind"]
    default = "" if item.default is None else kind.write(item.default)
    cells = (
        f"`{flag(item.name)}`",
        f"`{variable(item.name)}`",
        kind.form.replace("|", "\\|"),
        f"`{default}`" if default else "",
        item.metadata["meaning"],
    )
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Writes or checks the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        sys.exit("docs/configuration.md is out of date (run `make generate`)")


if __name__ == "__main__":
    main()
