"""`nba demo`: the main job on real data, from nothing to a closed loop, in one command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import grpc
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from nba_server.demo.source import Journey

if TYPE_CHECKING:
    from nba_server.demo.process import ServerProcess

CATALOGUE = "catalogue"
DOOR = 8080
"""Preferred port of the HTTP door on 127.0.0.1."""
SHOWN = 3
"""Households that may sign in to the example shop."""


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("demo-data"),
    show_default=True,
    help="Folder for the demo's store, archive and catalogue.",
)
@click.option("--once", is_flag=True, help="End after the walk-through instead of serving until Ctrl-C.")
@click.option("--resume", is_flag=True, help="Go on with what an interrupted demo left in the folder.")
@click.option("--port", type=int, default=50051, show_default=True, help="Preferred port on 127.0.0.1.")
def demo(data: Path, once: bool, resume: bool, port: int) -> None:
    """Replays a grocery chain's real year through the API, learns from it, and serves."""
    console = Console() if sys.stdout.isatty() else Console(width=150)
    started = time.monotonic()
    _prepare(data, resume)
    journey = _load(console, data)
    from nba_server.adapters.embedded import attach_url
    from nba_server.demo.process import ServerProcess, free_address

    door = free_address(DOOR)
    with ServerProcess(data, data / CATALOGUE, free_address(port), "--http", door) as server:
        url = attach_url(data)
        assert url is not None, "the server that was just started owns the store"
        _replay(console, server.address, url, data, journey)
        _count(console, url, data / "archive", journey)
        _train(console, data)
        with grpc.insecure_channel(server.address) as channel:
            from nba_server.demo.story import Story, households_to_show

            _await_swap(channel)
            Story(channel, console, households_to_show(journey, 1)[0]).tell()
        console.print(f"\nThe whole loop took {time.monotonic() - started:.0f} s.")
        _say_how_to_call(console, server.address, once)
        if not once:
            _serve_pages(console, data, server, door, journey)


def _prepare(data: Path, resume: bool) -> None:
    """Starts from an empty folder, but never empties one that is not a demo's."""
    if data.exists() and not resume:
        if any(data.iterdir()) and not (data / CATALOGUE).exists():
            raise click.UsageError(f"{data} is not empty and not a demo's folder; name another with --data")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)


def _load(console: Console, data: Path) -> Journey:
    from nba_server.demo.catalogue import write_catalogue
    from nba_server.demo.source import load

    with console.status("Reading the Complete Journey data (84.51°, CC0)"):
        journey = load()
        write_catalogue(journey, data / CATALOGUE)
    counts = {
        "households": len(journey.households),
        "campaigns": len(journey.campaigns),
        "mailings": len(journey.mailings),
        "redemptions": len(journey.redemptions),
        "purchase lines": journey.purchase_lines,
        "baskets": len(journey.baskets),
    }
    console.print("Read " + ", ".join(f"{count:,} {name}" for name, count in counts.items()) + ".")
    return journey


def _replay(console: Console, address: str, url: str, data: Path, journey: Journey) -> None:
    from nba_server.demo.clock import ReplayClock
    from nba_server.demo.history import History

    total = len(journey.households) + len(journey.mailings) + len(journey.redemptions) + len(journey.baskets)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        ReplayClock(url) as clock,
        grpc.insecure_channel(address) as channel,
        Progress(*columns, console=console) as bar,
    ):
        task = bar.add_task("Replaying the year over gRPC", total=total)
        history = History(channel, clock, data / "replayed-until", lambda n: bar.advance(task, n))
        history.run(journey)
        clock.start_ticking()


def _count(console: Console, url: str, archive: Path, journey: Journey) -> None:
    from nba_server.demo.counting import archived_counts, drain, source_counts

    with console.status("Waiting for the archive, then counting it"):
        drain(url, archive)
        found = archived_counts(archive)
    wanted = source_counts(journey)
    table = Table(title="Nothing lost, nothing twice")
    for name in ("", "in the source", "in the archive"):
        table.add_column(name, justify="left" if not name else "right")
    for name, count in wanted.items():
        table.add_row(name, f"{count:,}", f"{found[name]:,}")
    console.print(table)
    if found != wanted:
        raise click.ClickException("The archive does not hold what the source holds.")


def _train(console: Console, data: Path) -> None:
    console.print("\nTraining on the earlier months, judging on the later ones:")
    command = [sys.executable, "-m", "nba_server", "train", "--once", "--data", str(data)]
    if subprocess.run(command, check=False).returncode not in (0, 3):  # noqa: S603 - our own command; 3: refused by a gate
        raise click.ClickException("The training run failed; its message is above.")


def _say_how_to_call(console: Console, address: str, once: bool) -> None:
    port = address.rsplit(":", 1)[1]
    console.print(
        "\n[bold]Call it[/bold]"
        f"\n  shell    nba decide --address {address} --customer household-1 --channel call --context call_reason=order"
        f"\n  Python   from nba_client import Client"
        f'\n           with Client("{address}") as nba: print(nba.decide("household-1", channel="call"))'
        f'\n  any      grpcurl -plaintext -d \'{{"customer_id": "household-1", "channel": "call"}}\' '
        f"127.0.0.1:{port} nba.v1.DecisionService/Decide"
        "\n  Node     clients/node-check/ calls it from the .proto files alone",
        highlight=False,
        soft_wrap=True,
    )
    if once:
        console.print("  (the demo ends here; run it without ONCE=1 to keep it serving)")


def _serve_pages(console: Console, data: Path, server: ServerProcess, door: str, journey: Journey) -> None:
    """Serves the shop's page beside the server and says where to look, until Ctrl-C."""
    from nba_server.adapters.embedded import attach_url
    from nba_server.demo.messages import customer_id
    from nba_server.demo.story import households_to_show
    from nba_server.demo.website import website

    shown = [customer_id(household) for household in households_to_show(journey, SHOWN)]
    with website(data, attach_url(data) or "", data / CATALOGUE, shown) as shop:
        console.print(
            "\n[bold]Open it[/bold]"
            f"\n  agent's screen  http://{door}/agent/#customer={shown[0]}"
            f"\n  example shop    {shop}",
            highlight=False,
            soft_wrap=True,
        )
        _serve_on(console, server.wait)


def _await_swap(channel: grpc.Channel) -> None:
    from nba_server.demo.swap import wait_until_serving
    from nba_server.pb import model_pb2, model_pb2_grpc

    models = model_pb2_grpc.ModelServiceStub(channel)
    wait_until_serving(lambda: models.ListModels(model_pb2.ListModelsRequest(), timeout=5))


def _serve_on(console: Console, wait: object) -> None:
    console.print("\nServing until Ctrl-C.")
    assert callable(wait)
    try:
        wait()
    except KeyboardInterrupt:
        console.print("Stopping.")
