"""`nba bench`: figures of speed, each measured beside a peer in the same run."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nba_server.commands.output import emit, output_options, terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_MEANINGS = {
    "decide_per_echo": "decisions/s ÷ empty grpc.aio calls/s, 64 in flight",
    "decide_per_echo_always": "the same with an fsync before every answer",
    "decide_per_echo_grpcio": "the same on the transport grpcio",
    "p50_ratio": "p50 of a lone decision ÷ that of a lone empty call",
    "p99_ratio": "p99 of a lone decision ÷ that of a lone empty call",
    "per_mlserver": "decisions/s ÷ MLServer scoring the same 50 rows",
    "per_fastapi": "decisions/s ÷ an afternoon's FastAPI build of the same job",
    "half_load_p99_per_p50": "p99 at half load (open loop) ÷ lone p50",
    "cost_actions_1000": "processor time, 1,000 actions ÷ 50",
    "cost_actions_10000": "processor time, 10,000 actions ÷ 50",
    "cost_candidates_1000": "processor time, 1,000 candidates ÷ 50",
    "p50_customers_1m": "lone p50, 1,000,000 customers ÷ 10,000",
    "bytes_per_customer": "store bytes a customer beyond profile and ledger",
}


@click.group()
def bench() -> None:
    """Measure the speed of this machine's decisions, beside peers, in one run."""


@bench.command()
@click.option("--quick", is_flag=True, help="Under eight minutes: shorter windows, without the largest populations.")
@output_options
def decide(quick: bool, as_json: bool, out: Path | None) -> None:
    """Decisions: rate, latency and processor time, as ratios to peers. Nothing else should run meanwhile."""
    from nba_server.bench.run import bench as run

    def keep(partly: dict[str, Any]) -> None:
        emit(partly, human=lambda _: None, out=out)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # engines and servers end with the run
    console = terminal(stderr=True)
    with console.status("Setting up") as status:
        found = run(quick=quick, say=status.update if console.is_terminal else console.print, keep=keep)
    emit(found, human=lambda terminal_: _draw(terminal_, found), as_json=as_json, out=out)


def _draw(console: Console, found: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("figure", "value", "meaning")
    for name, meaning in _MEANINGS.items():
        value = found[name]
        reason = found["detail"]["not_measured"].get(name, "")
        table.add_row(name, "-" if value is None else f"{value:.2f}", reason if value is None and reason else meaning)
    _draw_tools(table, found["detail"])
    console.print(table)
    headline = found["detail"].get("headline")
    if headline:
        console.print(
            f"{headline['decisions_per_second'].median:,.0f} decisions/s, {headline['worker_cpu_us'].median:,.0f} µs of the "
            f"worker's and {headline['store_cpu_us'].median:,.0f} µs of the store's processor time each; "
            f"lone p50 {headline['lone_p50_us'].median:,.0f} µs."
        )


def _draw_tools(table: Table, detail: dict[str, Any]) -> None:
    """What is measured only where somebody has installed h2load and gRPC's C++ library."""
    missing, check, echo = detail["not_measured"], detail["load_check"], detail["cpp_echo"]
    if check:
        verdict = "within 5 %" if check.within_5_percent else "more than 5 % apart"
        table.add_row("load_check", f"{check.ratio.median:.2f}", f"our load generator's calls/s ÷ h2load's: {verdict}")
    else:
        table.add_row("load_check", "-", missing.get("load_check", ""))
    if echo:
        rate, lone = echo["calls_per_second"].median, echo["lone_p50_us"].median
        meaning = f"decisions/s ÷ empty C++ calls/s ({rate:,.0f}/s; alone {lone:,.0f} µs)"
        table.add_row("cpp_echo", f"{echo['decide_per_cpp_echo'].median:.3f}", meaning)
    else:
        table.add_row("cpp_echo", "-", missing.get("cpp_echo", ""))
