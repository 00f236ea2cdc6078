"""A run's result for people: verdict, gates, and the numbers against the live model."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from nba_training.job import Result, Status

_WORDS = {
    Status.PROMOTED: "[bold green]promoted[/]",
    Status.STAGED: "[bold green]in shadow[/]",
    Status.ROLLOUT: "[bold green]rollout[/]",
    Status.REFUSED: "[bold red]refused[/]",
    Status.BUSY: "[bold yellow]busy[/]",
}


def draw(result: Result, console: Console) -> None:
    """Prints the result."""
    console.print(f"{_WORDS[result.status]} {result.version}".rstrip())
    if not result.report:
        console.print("; ".join(result.reasons))
        return
    read, split = result.report["read"], result.report["split"]
    console.print(
        f"{read['contacts']:,} contacts, {read['outcomes']:,} outcomes, {read['rows']:,} rows "
        f"(fit {split['fit']['rows']:,}, calibrate {split['calibrate']['rows']:,}, test {split['test']['rows']:,}); "
        f"archive version {read['archive_version']}"
    )
    if read["skipped"]:
        console.print("no rows: " + ", ".join(f"{count:,} {reason}" for reason, count in read["skipped"].items()))
    console.print(_gates(result.report["gate"]))
    if "test" in result.report:
        console.print(_metrics(result.report["test"]))


def _gates(checks: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("", "gate", "found", "wanted"):
        table.add_column(name)
    for check in checks:
        mark = "[green]passed[/]" if check["passed"] else "[red]failed[/]"
        table.add_row(mark, check["name"], check["found"], check["wanted"])
    return table


def _metrics(test: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, title="On rows later than any it learned from", title_justify="left")
    table.add_column("")
    columns = {"challenger": test["challenger"], test["live_version"]: test["live"], "base rate": test["base_rate"]}
    for name in columns:
        table.add_column(name, justify="right")
    for metric in ("auc", "log_loss", "brier", "calibration_error", "mean_propensity"):
        table.add_row(metric.replace("_", " "), *(f"{values[metric]:.5f}" for values in columns.values()))
    table.add_row("rows / positive", *(f"{v['rows']:,} / {v['positives']:,}" for v in columns.values()))
    return table
