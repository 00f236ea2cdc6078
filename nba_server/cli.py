"""The command `nba`: finds its commands by entry point (group `nba.commands`) and loads only the one that runs.

It owns the start, the list of commands and how failures reach the terminal; it knows nothing of what commands do.
"""

from __future__ import annotations

import ast
import difflib
import inspect
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from nba_server.commands.failure import CommandFailed, sentence

GROUP = "nba.commands"


class LazyCommands(click.Group):
    """A group whose commands are imported when they run, so that `nba --help` stays instant however heavy they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._found: dict[str, EntryPoint] | None = None

    @property
    def found(self) -> dict[str, EntryPoint]:
        """Command name -> entry point."""
        if self._found is None:
            self._found = {entry.name: entry for entry in entry_points(group=GROUP)}
        return self._found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, sorted."""
        return sorted({*self.found, *self.commands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command."""
        entry = self.found.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        command = entry.load()
        if not isinstance(command, click.Command):
            raise TypeError(f"the entry point {entry.value} is not a click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with suggestions for a mistyped name."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
            ctx.fail(f"there is no command {args[0]!r}.{hint} `nba --help` lists all.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands without importing them."""
        rows = [(name, summary(self.found[name])) for name in self.list_commands(ctx) if name in self.found]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a failure that has a sentence is printed as one."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            text = sentence(error)
            if text is None:
                raise
            raise CommandFailed(text) from error


def summary(entry: EntryPoint) -> str:
    """First sentence of the command's docstring, read from the source so that nothing heavy is imported."""
    try:
        spec = find_spec(entry.module)
    except ImportError:
        spec = None
    if spec is None or spec.origin is None:
        return "(not installed)"
    module = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == entry.attr:
            text = inspect.cleandoc(ast.get_docstring(node) or "")
            return text.split("\n\n", 1)[0].split(".\n", 1)[0].replace("\n", " ").split(". ", 1)[0].rstrip(".") + "."
    return str(entry.load().get_short_help_str(limit=100))


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"]})
def nba() -> None:
    """Next-best-action decisioning: decide, record what became of it, learn, decide better.

    Output is for people; `--json` prints one JSON document instead, `--out FILE` writes it to a file.
    Exit codes: 0 done, 1 failed (one sentence on standard error), 2 wrong usage.
    """


def main() -> None:
    """Entry point of the console script."""
    nba(prog_name="nba")
