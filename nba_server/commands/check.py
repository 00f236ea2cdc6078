"""`nba check`: every fault of a catalogue with its place and the mend, then the catalogue's own tests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.commands.output import emit, output_options

if TYPE_CHECKING:
    from rich.console import Console

    from nba_server.adapters.catalog.checked import Checked


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@output_options
@click.pass_context
def check(ctx: click.Context, folder: Path, as_json: bool, out: Path | None) -> None:
    """Check a catalogue folder and run its tests (`*_test.yaml`). Exit code 1 when something is wrong."""
    from nba_server.adapters.catalog.checked import check_folder

    checked = check_folder(folder)
    emit(document(checked), human=lambda console: draw(console, checked, folder), as_json=as_json, out=out)
    if not checked.sound:
        ctx.exit(1)


def document(checked: Checked) -> dict[str, Any]:
    """The check as plain data."""
    return {
        "ok": checked.sound,
        "hash": checked.compiled.hash if checked.compiled else None,
        "actions": len(checked.compiled.catalog.actions) if checked.compiled else None,
        "faults": [
            {
                "file": fault.mark.file,
                "line": fault.mark.line,
                "column": fault.mark.column,
                "what": fault.what,
                "mend": fault.mend,
            }
            for fault in checked.faults
        ],
        "tests": [
            {"name": test.name, "file": test.mark.file, "line": test.mark.line, "failures": list(test.failures)}
            for test in checked.tests
        ],
    }


def draw(console: Console, checked: Checked, folder: Path) -> None:
    """The check for people: faults first, then failed tests, then one line that sums up."""
    from rich.text import Text

    def line(text: str, style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=True)

    for fault in checked.faults:
        console.print(
            Text(f"{folder / fault.mark.file}:{fault.mark.line}:{fault.mark.column}", style="bold"), soft_wrap=True
        )
        line(f"    {fault.what}", "red")
        if fault.mend:
            line(f"    → {fault.mend}", "green")
    failed = [test for test in checked.tests if test.failures]
    for test in failed:
        line(f"{folder / test.mark.file}:{test.mark.line}  {test.name}", "bold")
        for failure in test.failures:
            line(f"    {failure}", "red")
    if checked.compiled is None:
        line(f"{len(checked.faults)} fault(s); the catalogue cannot be used")
        return
    catalog = checked.compiled.catalog
    passed = len(checked.tests) - len(failed)
    verdict = "sound" if checked.sound else "not sound"
    faults = f", {len(checked.faults)} fault(s) in the tests" if checked.faults else ""
    line(
        f"{catalog.name}: {verdict}; {len(catalog.actions)} actions, {len(catalog.rules)} rules, "
        f"{passed} of {len(checked.tests)} tests passed{faults}; hash {checked.compiled.hash[:12]}",
        "bold green" if checked.sound else "bold red",
    )
