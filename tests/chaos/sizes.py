"""What `make chaos` runs: every proof on its engines, in the short and in the full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos import archiving, cancellation, clustered, frozen, outcomes, overload, pressure, proofs, repeats
from tests.chaos.engines import CLUSTER, EMBEDDED, TCP
from tests.chaos.load import Plan

T = TypeVar("T")
Run = Callable[[Path], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Proof:
    """One row. `counts` names the keys of chaos.json that it feeds, with the names of its own figures."""

    id: str
    scenario: int
    name: str
    engine: str
    mode: str
    run: Run
    counts: dict[str, tuple[str, ...]]


LOSSES = ("lost_decisions", "lost_outcomes")
PRESSURE = {
    "decisions": ("decisions",),
    "limit_violations": ("limit_violations",),
    "acknowledged": ("acknowledged_decisions", "acknowledged_outcomes"),
    "lost_acknowledged": LOSSES,
    "double_effects": ("double_effects", "unequal_answers"),
}
"""What every loaded proof counts."""


def proofs_of(full: bool) -> list[Proof]:
    """All rows, the quick ones first within a scenario."""
    rows: list[Proof] = []

    def big(short: T, whole: T) -> T:
        return whole if full else short

    def add(scenario: int, name: str, engine: str, mode: str, run: Run, **counts: tuple[str, ...]) -> None:
        id_ = f"{scenario}-{name.replace(' ', '-')}-{engine}-{mode}".replace(" ", "-")
        rows.append(Proof(id_, scenario, name, engine, mode, run, counts))

    always, every = "fsync always", "fsync everysec"
    sizes = {
        EMBEDDED: big((60_000, 190.0), (1_000_000, 7_200.0)),
        TCP: big((25_000, 80.0), (200_000, 1_500.0)),
        CLUSTER: big((10_000, 50.0), (200_000, 1_500.0)),
    }
    for engine, (requests, seconds) in sizes.items():
        plan = Plan(requests=requests, seconds=seconds, run=f"p-{engine}")
        run = partial(pressure.run, engine_name=engine, plan=plan, worker=10, store=20)
        add(1, "limits under kills", engine, "strict" if engine == CLUSTER else always, run, **PRESSURE)
    add(1, "mutant caught", TCP, always, proofs.mutant)

    plan = Plan(requests=big(12_000, 1_000_000), seconds=big(60.0, 10_000.0), run="o")
    add(
        2,
        "acknowledged outcomes",
        EMBEDDED,
        always,
        partial(outcomes.run, engine_name=EMBEDDED, plan=plan, every=9),
        **PRESSURE,
    )
    plan = Plan(requests=big(2_000, 20_000), seconds=60.0, run="d")
    for mode, durability in ((always, "always"), (every, "everysec")):
        add(2, "file-size limit", TCP, mode, partial(outcomes.full_disk, plan=plan, durability=durability), **PRESSURE)
    for fault in ("ENOSPC", "EIO"):
        run = partial(outcomes.full_disk, plan=plan, fault=fault)
        add(2, f"{fault} from the disk", TCP, always, run, **PRESSURE)

    plan = Plan(requests=big(4_000, 100_000), seconds=big(60.0, 3_000.0), run="r")
    for engine in (EMBEDDED, TCP):
        run = partial(repeats.run, engine_name=engine, plan=plan, every=big(3_000, 6_000))
        add(3, "sent three times", engine, always, run, **PRESSURE)

    run = partial(cancellation.run, engine_name=EMBEDDED, requests=big(4_000, 100_000), seconds=big(30.0, 3_000.0))
    add(4, "cancelled calls", EMBEDDED, always, run, ghost_reservations=("ghost_reservations",))

    for engine in (EMBEDDED, TCP):
        run = partial(frozen.run, engine_name=engine, frozen_s=30.0 if full or engine == EMBEDDED else 8.0)
        add(5, "store frozen", engine, always, run, **PRESSURE, stalled_p99_ms=("stalled_p99_ms",))

    run = partial(overload.run, engine_name=EMBEDDED, seconds=big(8.0, 60.0))
    add(6, "twice the load", EMBEDDED, always, run, overload_goodput=("goodput_push_back",))

    plan = Plan(requests=big(6_000, 100_000), seconds=big(45.0, 900.0), run="a")
    run = partial(archiving.run, engine_name=EMBEDDED, plan=plan, kills=big(20, 100), seconds=big(60.0, 900.0))
    more = {"archive_missing": ("archive_missing",), "archive_duplicates": ("archive_duplicates",)}
    add(7, "archivers killed", EMBEDDED, always, run, **PRESSURE, **more)

    plan = Plan(requests=10_000_000, seconds=big(75.0, 1_200.0), run="k")
    lost, over = ("lost",), ("limit_violations",)
    strict = dict(PRESSURE.items()) | {"strict_losses": lost, "failover_violations": over}
    default = {name: PRESSURE[name] for name in ("decisions", "acknowledged")} | {"default_losses": lost}
    number = big(6, 60)
    add(8, "failovers", CLUSTER, "strict", partial(clustered.run, plan=plan, strict=1, failovers=number), **strict)
    add(8, "failovers", CLUSTER, "default", partial(clustered.run, plan=plan, strict=0, failovers=number), **default)
    run = partial(clustered.run, plan=plan, strict=0, slots=big(60, 240))
    add(8, "resharding", CLUSTER, "default", run, **PRESSURE)

    run = partial(proofs.traces, number=big(1_500, 10_000))
    add(9, "reference model", EMBEDDED, "replay clock", run, model_divergences=("model_divergences",))
    return rows
