"""Generates the reference pages in docs/: the API from proto/, the settings from their record, the commands from their help.

`python tools/generate_reference.py` writes; `--check` compares instead and fails when a committed page is out of date.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points

import click
from reference_api import ROOT, api, table

from nba_server.cli import GROUP, nba
from nba_server.settings import Settings, flag, variable

WIDTH = 100


def configuration() -> str:
    """Every setting of `nba serve`."""
    rows = []
    for item in dataclasses.fields(Settings):
        kind = item.metadata["kind"]
        default = "" if item.default in (None, "", ()) else f"`{kind.write(item.default)}`"
        rows.append((f"`{flag(item.name)}`", f"`{variable(item.name)}`", kind.form, default, item.metadata["meaning"]))
    return (
        "# Configuration\n\n"
        "Made from `nba_server/settings.py` by `make generate`. A flag of `nba serve` wins over the environment variable,\n"
        "and that over the default. All faults of the settings are reported at once, and then the server does not start.\n\n"
        + table(("flag", "variable", "value", "default", "meaning"), rows).rstrip()
        + "\n"
    )


def commands() -> str:
    """The help of every command."""
    head = (
        "# Commands\n\n"
        "Made from the commands' own help by `make generate`. Everywhere: text for people by default, `--json` for one JSON\n"
        "document, `--out FILE` to write it; exit code 0 done, 1 failed (one sentence on standard error), 2 wrong usage.\n\n"
    )
    parts = []
    root = click.Context(nba, info_name="nba", terminal_width=WIDTH, max_content_width=WIDTH, **nba.context_settings)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        for path, text in _helps(entry.load(), entry.name, root):
            parts.append(f"## {path}\n\n```text\n{text}\n```\n")
    return head + "\n".join(parts)


def _helps(command: click.Command, name: str, parent: click.Context) -> Iterator[tuple[str, str]]:
    """A command and those below it: how it is called, and its help."""
    context = click.Context(command, info_name=name, parent=parent)
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from _helps(found, below, context)


def main() -> None:
    """Writes or checks the pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    for name in [name for name in os.environ if name.startswith("NBA_")]:
        del os.environ[name]
    stale = []
    for name, text in (("api", api()), ("configuration", configuration()), ("commands", commands())):
        page = ROOT / "docs" / f"{name}.md"
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name}.md")
            if not check:
                page.write_text(text, encoding="utf-8")
    if check and stale:
        sys.exit("Generated pages are out of date (run `make generate`): " + ", ".join(stale))


if __name__ == "__main__":
    main()
