"""What a decision costs as catalogues, candidates and customers grow in number."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import ExitStack
from pathlib import Path

from nba_server.bench import figures, loading, machine, swaps
from nba_server.bench.figures import Spread
from nba_server.bench.scenario import Scenario
from nba_server.bench.world import Run, best_transport
from nba_server.errors import FailedPrecondition

SMALL = "small"
SCENARIOS = {
    SMALL: Scenario(50, 50),
    "actions_1000": Scenario(1_000, 50),
    "actions_10000": Scenario(10_000, 50),
    "candidates_1000": Scenario(1_000, 1_000),
}
FEW, MANY = 10_000, 1_000_000
LARGE = Scenario(2_500, 100)
ROOM_A_CUSTOMER, ROOM_BESIDE = 8_000, 2_000_000_000
"""Bytes: a record is 3 kB in memory and in the append-only file, and as much again while that is rewritten."""


def costs(run: Run) -> None:
    """Processor time of the worker a decision. The small catalogue has 50 actions: with fewer, 50 cannot reach scoring."""
    found: dict[str, Spread] = {}
    for name in SCENARIOS:
        run.attempt((f"cost_{name}",), f"Growing catalogues: {name}", lambda name=name: _cost(run, name, found))  # type: ignore[misc]
    run.detail["worker_cpu_us"] = found


def _cost(run: Run, name: str, found: dict[str, Spread]) -> None:
    with (
        run.stored(name, SCENARIOS[name], customers=FEW) as stored,
        run.serving(stored, best_transport()) as ours,
    ):
        found[name] = figures.cost(ours, run.sizes.rounds, run.sizes.seconds)
    if name == SMALL:
        return
    if SMALL not in found:
        raise FailedPrecondition("There is nothing to compare with: the small catalogue could not be measured")
    run.found[f"cost_{name}"] = found[name].median / found[SMALL].median


def large(run: Run) -> None:
    """The latency of a lone decision in the largest catalogue that a leading product allows."""
    with run.stored("large", LARGE, customers=FEW) as stored, run.serving(stored, best_transport()) as ours:
        alone = [ours.decide(seconds=run.sizes.seconds, in_flight=1) for _ in range(run.sizes.rounds)]
    run.detail["actions_2500"] = {
        "lone_p50_us": Spread.of([window["p50_us"] for window in alone]),
        "lone_p99_us": Spread.of([window["p99_us"] for window in alone]),
    }


def long(run: Run) -> None:
    """What the quick form leaves out."""
    run.attempt(("p50_customers_1m",), "A million customers", lambda: million(run))
    run.attempt(("swaps",), "Swaps of model and catalogue under load", lambda: swaps.under_load(run))


def million(run: Run, many: int = MANY) -> None:
    """The lone p50 of so many customers ÷ that of 10,000: two stores and two servers at the same time, measured in turn.

    Raises `FailedPrecondition` where there is not enough memory or disk.
    """
    _require_room(run.folder, many)
    seconds, crowds = run.sizes.seconds, (many, FEW)
    with ExitStack() as stack:
        stores = [
            stack.enter_context(run.stored(f"customers_{customers}", Scenario(), customers=customers))
            for customers in crowds
        ]
        for stored in stores:
            asyncio.run(loading.keep_file(stored.url))
        most, few = (stack.enter_context(run.serving(stored, best_transport())) for stored in stores)
        pairs = figures.paired(
            lambda: most.decide(seconds=seconds, in_flight=1),
            lambda: few.decide(seconds=seconds, in_flight=1),
            run.sizes.rounds,
        )
        resident = [machine.resident_bytes(stored.engine) for stored in stores]
    ratio = figures.ratio(pairs, "p50_us")
    run.detail["customers"] = {
        "p50_ratio": ratio,
        **{
            str(customers): {
                "lone_p50_us": Spread.of([pair[who]["p50_us"] for pair in pairs]),
                "lone_p99_us": Spread.of([pair[who]["p99_us"] for pair in pairs]),
                "store_resident_bytes": size,
            }
            for customers, who, size in zip(crowds, ("ours", "theirs"), resident, strict=True)
        },
    }
    run.found["p50_customers_1m"] = ratio.median


def _require_room(folder: Path, customers: int) -> None:
    """A store that is killed in the midst of a run is a bad way to find out."""
    wanted = customers * ROOM_A_CUSTOMER + ROOM_BESIDE
    for what, free in (("memory", machine.free_memory()), ("disk", shutil.disk_usage(folder).free)):
        if free < wanted:
            raise FailedPrecondition(
                f"{customers:,} customers want {wanted / 1e9:.1f} GB of {what}, and {free / 1e9:.1f} are free"
            )
