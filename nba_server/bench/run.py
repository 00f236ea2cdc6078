"""One run of the benchmark: sets up, measures, and gives the figures under the names that programs read.

A figure that was not measured is None, and `detail` says why.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nba_models import artifact
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.bench import figures, loading, machine, model, peer_programs
from nba_server.bench.figures import Bench, Spread
from nba_server.bench.processes import Load, ServerSetup, echo, server
from nba_server.bench.scenario import Scenario, definition
from nba_server.errors import NbaError

KEYS = (
    *(
        "decide_per_echo",
        "decide_per_echo_always",
        "decide_per_echo_grpcio",
        "p50_ratio",
        "p99_ratio",
        "per_mlserver",
        "per_fastapi",
    ),
    *("half_load_p99_per_p50", "cost_actions_1000", "cost_actions_10000", "cost_candidates_1000", "p50_customers_1m"),
    "bytes_per_customer",
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. Seconds are those of one window."""

    rounds: int
    seconds: float
    customers: int

    @classmethod
    def of(cls, *, quick: bool) -> Sizes:
        """The quick form scales windows and rounds, never the population of the headline."""
        return cls(3, 2.0, 100_000) if quick else cls(7, 5.0, 100_000)


@dataclass(slots=True)
class Run:
    """What a run works with, and what it has found. `say` is told what is measured now."""

    folder: Path
    sizes: Sizes
    load: Path
    say: Callable[[str], None]
    found: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def serving(
        self, name: str, scenario: Scenario, *, durability: str = "everysec", customers: int = 0
    ) -> Iterator[Bench]:
        """Our server over an engine of its own, filled and warm."""
        ours, theirs = machine.cores()
        place = self.folder / name
        place.mkdir()
        known = place / "definition.yaml"
        known.write_text(definition().text)
        customers = customers or self.sizes.customers
        with EmbeddedEngine.start(place / "engine", durability=durability) as engine:
            machine.pin(engine.pid, theirs)
            asyncio.run(loading.fill(engine.url, customers, scenario.actions))
            setup = ServerSetup(engine.url, scenario.write(place / "catalog"), known)
            program, port = server(place, setup, ours)
            with program:
                bench = Bench(Load(self.load, frozenset(theirs), customers), program, port, engine.pid)
                bench.warm_up()
                yield bench

    def attempt(self, names: tuple[str, ...], what: str, measure: Callable[[], None]) -> None:
        """Measures; a part that cannot be had leaves its figures None, with the reason."""
        self.say(what)
        try:
            measure()
        except (NbaError, OSError, subprocess.SubprocessError) as fault:
            self.why |= dict.fromkeys(names, str(fault))


def bench(*, quick: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """All figures. Raises `FailedPrecondition` without a C compiler."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nba-bench-") as name:
        folder = Path(name)
        run = Run(folder, Sizes.of(quick=quick), machine.build_load(folder), say)
        run.attempt(
            ("decide_per_echo", "p50_ratio", "p99_ratio", "half_load_p99_per_p50"), "Headline", lambda: _headline(run)
        )
        run.attempt(("decide_per_echo_always",), "With an fsync before every answer", lambda: _always(run))
        run.attempt(
            ("cost_actions_1000", "cost_actions_10000", "cost_candidates_1000"), "Large catalogues", lambda: _costs(run)
        )
        if quick:
            run.why |= dict.fromkeys(("p50_customers_1m", "bytes_per_customer"), "left out of the quick form")
        else:
            run.attempt(("p50_customers_1m",), "A million customers", lambda: _million(run))
            run.why["bytes_per_customer"] = "not measured yet"
    return _result(run, quick=quick, seconds=time.monotonic() - started)


def _headline(run: Run) -> None:
    with run.serving("headline", Scenario()) as ours:
        before = asyncio.run(loading.journaled(_url(run, "headline")))
        answered = 0
        empty, port = echo(run.folder, machine.cores()[0])
        with empty:
            found = figures.against_echo(ours, port, run.sizes.rounds, run.sizes.seconds)
        run.detail["headline"] = found
        for name in ("decide_per_echo", "p50_ratio", "p99_ratio"):
            run.found[name] = found[name].median
        run.found["decide_per_echo_grpcio"] = run.found["decide_per_echo"]
        capacity, alone = found["decisions_per_second"].median, found["lone_p50_us"].median
        half = figures.half_load(ours, capacity, alone, 2 * run.sizes.seconds)
        run.detail["half_load"] = half["half_load"]
        run.found["half_load_p99_per_p50"] = half["half_load_p99_per_p50"]
        answered = ours.answered
        run.detail["journal_rows"] = asyncio.run(loading.journaled(_url(run, "headline"))) - before
        run.detail["answers"] = answered
        names = ("per_mlserver", "per_fastapi")
        run.attempt(names, "Peers", lambda: _peers(run, ours))


def _peers(run: Run, ours: Bench) -> None:
    python = peer_programs.environment(run.folder)
    _, files = model.sealed(Scenario().actions, 0)
    cores, seconds = machine.cores()[0], run.sizes.seconds
    with peer_programs.mlserver(run.folder, python, files[artifact.MODEL], cores) as (port, message):
        pairs = figures.paired(
            lambda: ours.decide(seconds=seconds),
            lambda: ours.call(port, peer_programs.MLSERVER, seconds=seconds, message=message),
            run.sizes.rounds,
        )
    run.detail["mlserver"] = figures.ratio(pairs, "per_second")
    run.found["per_mlserver"] = run.detail["mlserver"].median
    socket = Path(_url(run, "headline").removeprefix("unix://").partition("?")[0])
    with peer_programs.fastapi(run.folder, python, socket, files, ours.load, cores) as port:
        pairs = figures.paired(
            lambda: ours.decide(seconds=seconds), lambda: _http(ours, port, seconds), run.sizes.rounds
        )
    run.detail["fastapi"] = figures.ratio(pairs, "per_second")
    run.found["per_fastapi"] = run.detail["fastapi"].median


def _http(ours: Bench, port: int, seconds: float) -> dict[str, Any]:
    shape = [str(port), "64", str(seconds), str(ours.load.customers), str(ours.next_seed())]
    command = [sys.executable, "-m", "nba_server.bench.peers.http_load", *shape]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"per_second": found["inside"] / found["seconds"]}


def _always(run: Run) -> None:
    with run.serving("always", Scenario(), durability="always") as ours:
        empty, port = echo(run.folder, machine.cores()[0])
        with empty:
            pairs = figures.paired(
                lambda: ours.decide(seconds=run.sizes.seconds),
                lambda: ours.call(port, figures.ECHO, seconds=run.sizes.seconds),
                run.sizes.rounds,
            )
    run.detail["always"] = figures.ratio(pairs, "per_second")
    run.found["decide_per_echo_always"] = run.detail["always"].median


def _costs(run: Run) -> None:
    """Processor time a decision as the catalogue grows. The small one has 50 actions: with fewer, 50 cannot reach scoring."""
    found: dict[str, Spread] = {}
    for name, scenario in {
        "small": Scenario(50, 50),
        "actions_1000": Scenario(1_000, 50),
        "actions_10000": Scenario(10_000, 50),
        "candidates_1000": Scenario(1_000, 1_000),
    }.items():
        with run.serving(name, scenario, customers=10_000) as ours:
            found[name] = figures.cost(ours, run.sizes.rounds, run.sizes.seconds)
    run.detail["server_cpu_us"] = found
    for name in ("actions_1000", "actions_10000", "candidates_1000"):
        run.found[f"cost_{name}"] = found[name].median / found["small"].median


def _million(run: Run) -> None:
    found = {}
    for customers in (10_000, 1_000_000):
        with run.serving(f"customers_{customers}", Scenario(), customers=customers) as ours:
            alone = [ours.decide(seconds=run.sizes.seconds, in_flight=1)["p50_us"] for _ in range(run.sizes.rounds)]
            found[customers] = Spread.of(alone)
    run.detail["lone_p50_us_by_customers"] = {str(customers): spread for customers, spread in found.items()}
    run.found["p50_customers_1m"] = found[1_000_000].median / found[10_000].median


def _url(run: Run, name: str) -> str:
    from nba_server.adapters.embedded import attach_url

    url = attach_url(run.folder / name / "engine")
    assert url is not None, "the engine of this part is running"
    return url


def _result(run: Run, *, quick: bool, seconds: float) -> dict[str, Any]:
    packages = ("nba-server", "grpcio", "redis", "hiredis", "lightgbm", "numpy", "protobuf", "uvloop")
    return {
        "durability": "everysec",
        **{name: run.found.get(name) for name in KEYS},
        "detail": {
            "quick": quick,
            "seconds": round(seconds, 1),
            "transport": "grpcio",
            "not_measured": run.why | {"cpp_echo": "no gRPC for C++ is built here"},
            "machine": machine.description(),
            "pinning": "server with all its threads on one core; store, load on another",
            "versions": {name: version(name) for name in packages},
            **run.detail,
        },
    }
