"""Processor time of a decision by stage: the share of samples in each, of a worker that serves alone (sampled_worker.py)."""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

from nba_server.bench import machine
from nba_server.bench.figures import WARM_UP_S, Bench
from nba_server.bench.processes import PATIENT, Load, Program, free_port, listens
from nba_server.bench.world import Run, Stored
from nba_server.settings import flag, variable


def measure(run: Run, stored: Stored, transport: str) -> dict[str, Any]:
    """Microseconds by stage, their sum, and the functions in which most samples lay."""
    port = free_port()
    samples = stored.folder / f"samples-{transport}.json"
    flags = {"--store": stored.url, "--definition": str(stored.definition), "--listen": f"127.0.0.1:{port}"}
    flags |= {"--catalog": str(stored.catalog), "--transport": transport}
    flags |= dict(zip(PATIENT[::2], PATIENT[1::2], strict=True))
    names = {flag(name): variable(name) for name in _names(flags)}
    environment = {names[given]: value for given, value in flags.items()}
    command = [sys.executable, "-m", "nba_server.bench.sampled_worker", str(samples)]
    ours, theirs = machine.cores()
    with Program(command, stored.folder / "sampled.log", ours, environment=environment) as program:
        program.wait_for(lambda: listens(port))
        load = Load(run.load, frozenset(theirs), stored.customers)
        bench = Bench(load, program, port, stored.url, stored.engine, run.seeds)
        bench.warm_up()
        program.process.send_signal(signal.SIGUSR2)
        window = bench.decide(seconds=max(WARM_UP_S, run.sizes.seconds))
    found = json.loads(samples.read_text())
    every, cost = max(1, sum(found["stages"].values())), window["server_cpu_us"]
    by_stage = {name: round(count / every * cost, 1) for name, count in sorted(found["stages"].items())}
    return {"by_stage": by_stage, "all": cost, "store": window["store_cpu_us"], "functions": found["functions"]}


def _names(flags: dict[str, str]) -> list[str]:
    return [given.removeprefix("--").replace("-", "_") for given in flags]
