"""The headline: decisions beside empty calls and peers, on each transport, with and without an fsync."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from nba_models import artifact
from nba_server.bench import checked_load, cpp_echo, figures, machine, model, peer_programs, recomputed, stages
from nba_server.bench.figures import Bench, Spread
from nba_server.bench.processes import echo
from nba_server.bench.scenario import Scenario
from nba_server.bench.world import Run, Stored, best_transport
from nba_server.errors import FailedPrecondition
from nba_server.settings import GRPCIO

RATIOS = ("decide_per_echo", "p50_ratio", "p99_ratio")
RECOMPUTED = 1_000


def headline(run: Run) -> None:
    """All figures of one filled store."""
    with run.stored("headline", Scenario()) as stored:
        run.attempt((*RATIOS, "half_load_p99_per_p50"), "Headline", lambda: _best(run, stored))
        run.attempt(("decide_per_echo_grpcio",), "On grpcio", lambda: _grpcio(run, stored))
        run.attempt(("stages",), "Where the time goes", lambda: _stages(run, stored))


def _best(run: Run, stored: Stored) -> None:
    """The fastest transport beside the empty call; alone, busy, at half load; and beside the other peers."""
    rounds, seconds = run.sizes.rounds, run.sizes.seconds
    with run.serving(stored, best_transport()) as ours:
        empty, port = echo(run.folder, machine.cores()[0])
        with empty:
            found = figures.against_echo(ours, port, rounds, seconds)
            run.detail["headline"] = found | {"transport": best_transport()}
            run.found |= {name: found[name].median for name in RATIOS}
            run.attempt(("load_check",), "The load generator", lambda: checked_load.check(run, ours, port))
        run.detail["echo"] = {
            "headline": "grpc.aio as its documentation shows it: asyncio's own event loop",
            "calls_per_second": found["echoes_per_second"],
        }
        if run.sizes.uvloop:
            _on_uvloop(run, ours)
        ours.catch_up()
        half = figures.half_load(ours, found["decisions_per_second"].median, found["lone_p50_us"].median, 2 * seconds)
        run.detail["half_load"] = half["half_load"]
        run.found["half_load_p99_per_p50"] = half["half_load_p99_per_p50"]
        run.attempt(("cpp_echo",), "The empty call in C++", lambda: cpp_echo.measure(run, ours))
        run.attempt(("per_mlserver", "per_fastapi"), "Peers", lambda: _peers(run, ours))


def _on_uvloop(run: Run, ours: Bench) -> None:
    quicker, port = echo(run.folder, machine.cores()[0], "uvloop")
    with quicker:
        beside = figures.rates(figures.busy_pairs(ours, port, run.sizes.rounds, run.sizes.seconds))
    run.detail["echo"] |= {
        "uvloop_calls_per_second": beside["echoes_per_second"],
        "decide_per_uvloop_echo": beside["decide_per_echo"],
    }


def _grpcio(run: Run, stored: Stored) -> None:
    with run.serving(stored, GRPCIO) as ours:
        empty, port = echo(run.folder, machine.cores()[0])
        with empty:
            found = figures.against_echo(ours, port, run.sizes.rounds, run.sizes.seconds)
    run.detail["grpcio"] = found
    run.found["decide_per_echo_grpcio"] = found["decide_per_echo"].median


def _recomputed(run: Run, ours: Bench) -> None:
    run.detail["recomputed"] = recomputed.compare(ours.store, ours.port, RECOMPUTED)


def _stages(run: Run, stored: Stored) -> None:
    run.detail["stages_us"] = {
        transport: stages.measure(run, stored, transport) for transport in sorted({GRPCIO, best_transport()})
    }


def always(run: Run) -> None:
    """With an fsync before every answer."""
    with run.stored("always", Scenario(), durability="always") as stored, run.serving(stored, best_transport()) as ours:
        empty, port = echo(run.folder, machine.cores()[0])
        with empty:
            pairs = figures.busy_pairs(ours, port, run.sizes.rounds, run.sizes.seconds)
        run.attempt(("recomputed",), "Recomputed decisions", lambda: _recomputed(run, ours))
    run.detail["always"] = figures.rates(pairs)
    run.found["decide_per_echo_always"] = run.detail["always"]["decide_per_echo"].median


def _peers(run: Run, ours: Bench) -> None:
    python = peer_programs.environment(run.folder)
    _, files = model.sealed(Scenario().actions)
    cores, seconds = machine.cores()[0], run.sizes.seconds
    with peer_programs.mlserver(run.folder, python, files[artifact.MODEL], cores) as (port, message):
        pairs = figures.paired(
            lambda: ours.decide(seconds=seconds),
            lambda: ours.call(port, peer_programs.MLSERVER, seconds=seconds, message=message),
            run.sizes.rounds,
        )
    _keep(run, "mlserver", pairs)
    socket = Path(ours.store.removeprefix("unix://").partition("?")[0])
    with peer_programs.fastapi(run.folder, python, socket, files, ours.load, cores) as port:
        pairs = figures.paired(
            lambda: ours.decide(seconds=seconds), lambda: _http(ours, port, seconds), run.sizes.rounds
        )
    _keep(run, "fastapi", pairs)


def _keep(run: Run, peer: str, pairs: list[dict[str, Any]]) -> None:
    theirs = Spread.of([pair["theirs"]["per_second"] for pair in pairs])
    run.detail[peer] = {"ratio": figures.ratio(pairs, "per_second"), "calls_per_second": theirs}
    run.found[f"per_{peer}"] = run.detail[peer]["ratio"].median


def _http(ours: Bench, port: int, seconds: float) -> dict[str, Any]:
    shape = [str(port), "64", str(seconds), str(ours.load.customers), str(ours.next_seed())]
    command = [sys.executable, "-m", "nba_server.bench.peers.http_load", *shape]
    with ours.still():
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise FailedPrecondition(f"The load on the FastAPI build gave up: {done.stderr.strip()[-300:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"per_second": found["inside"] / found["seconds"]}
