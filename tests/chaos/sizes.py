"""What `make chaos` runs: every proof on its engines, in the short and in the full size."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.chaos import archiving, cancellation, clustered, frozen, outcomes, overload, pressure, proofs, repeats
from tests.chaos.bars import BINDING, EXACT, NOTHING_LOST, ONCE, SERVED, Bar, none_of, some_of
from tests.chaos.engines import CLUSTER, EMBEDDED, TCP
from tests.chaos.load import Plan
from tests.chaos.proof import Proof

ALWAYS, EVERYSEC, STRICT, DEFAULT = "fsync always", "fsync everysec", "strict", "default"
PRESSURE = {
    "decisions": ("decisions",),
    "limit_violations": ("limit_violations",),
    "acknowledged": ("acknowledged_decisions", "acknowledged_outcomes"),
    "lost_acknowledged": ("lost_decisions", "lost_outcomes"),
    "double_effects": ("double_effects", "unequal_answers"),
}
"""What every loaded proof counts."""
LOADED = {name: PRESSURE[name] for name in ("decisions", "acknowledged")}
"""What a proof counts in a mode that may lose something."""
KILLED = some_of("server_kills", "engine_kills")
"""Both kinds of process died meanwhile."""


def proofs_of(full: bool) -> list[Proof]:
    """All rows."""
    scenarios = (_limits, _outcomes, _bad_disks, _repeats, _gone, _frozen, _overload, _archive, _cluster, _model)
    return [row for scenario in scenarios for row in scenario(full)]


def _limits(full: bool) -> Iterator[Proof]:
    sizes = {
        EMBEDDED: (1_000_000, 7_200.0) if full else (50_000, 135.0),
        TCP: (200_000, 1_500.0) if full else (25_000, 70.0),
        CLUSTER: (200_000, 1_500.0) if full else (15_000, 50.0),
    }
    for engine, (requests, seconds) in sizes.items():
        plan = Plan(requests=requests, seconds=seconds, run=f"p-{engine}")
        run = partial(pressure.run, engine_name=engine, plan=plan, worker=10, store=20)
        kills = some_of("server_kills") if engine == CLUSTER else KILLED
        mode = STRICT if engine == CLUSTER else ALWAYS
        yield Proof(1, "limits under kills", engine, mode, run, PRESSURE, (*SERVED, *BINDING, *kills))
    yield Proof(1, "mutant caught", TCP, ALWAYS, proofs.mutant, {}, some_of("violations_of_the_mutant"))


def _outcomes(full: bool) -> Iterator[Proof]:
    plan = Plan(requests=1_000_000 if full else 25_000, seconds=10_000.0 if full else 60.0, run="o")
    run = partial(outcomes.run, engine_name=EMBEDDED, plan=plan, every=9)
    yield Proof(2, "acknowledged outcomes", EMBEDDED, ALWAYS, run, PRESSURE, (*SERVED, *KILLED))


def _bad_disks(full: bool) -> Iterator[Proof]:
    plan = Plan(requests=20_000 if full else 1_500, seconds=60.0, run="d")
    seen = some_of("failures", "answered_before", "answered_after")
    for mode, durability in ((ALWAYS, "always"), (EVERYSEC, "everysec")):
        run = partial(outcomes.full_disk, plan=plan, durability=durability)
        counts = PRESSURE if mode == ALWAYS else LOADED
        kept = NOTHING_LOST if mode == ALWAYS else ()
        yield Proof(2, "file-size limit", TCP, mode, run, counts, (*kept, *ONCE, *seen))
    for fault in ("ENOSPC", "EIO"):
        run = partial(outcomes.full_disk, plan=plan, fault=fault)
        yield Proof(
            2, f"{fault} from the disk", TCP, ALWAYS, run, PRESSURE, (*EXACT, *seen, *none_of("ok_while_it_failed"))
        )


def _repeats(full: bool) -> Iterator[Proof]:
    plan = Plan(requests=100_000 if full else 4_000, seconds=3_000.0 if full else 60.0, run="r")
    for engine in (EMBEDDED, TCP):
        run = partial(repeats.run, engine_name=engine, plan=plan, every=6_000 if full else 3_000)
        asked = Bar("answered", least=3 * plan.requests)
        yield Proof(3, "sent three times", engine, ALWAYS, run, PRESSURE, (*SERVED, *KILLED, asked))


def _gone(full: bool) -> Iterator[Proof]:
    run = partial(
        cancellation.run,
        engine_name=EMBEDDED,
        requests=100_000 if full else 4_000,
        seconds=3_000.0 if full else 20.0,
    )
    bars = (
        *none_of("ghost_reservations", "ghosts_after_5_s", "lost_when_asked_again"),
        *some_of("cancelled", "committed_though_cancelled", "taken_back_by_their_callers", "asked_again"),
    )
    counts = {"ghost_reservations": ("ghost_reservations",)}
    yield Proof(4, "cancelled calls", EMBEDDED, ALWAYS, run, counts, bars)


def _frozen(full: bool) -> Iterator[Proof]:
    bars = (
        Bar("stalled_p99_ms", most=100.0),
        Bar("ok_before", least=0.95),
        Bar("ok_after_5_s", least=0.95),
        Bar("back_to_normal_s", most=5.0),
        *none_of("unreserved_offers", "lost_outcomes"),
        *some_of("answers_frozen"),
    )
    for engine in (EMBEDDED, TCP):
        run = partial(frozen.run, engine_name=engine, frozen_s=30.0, around_s=30.0 if full else 8.0)
        counts = PRESSURE | {"stalled_p99_ms": ("stalled_p99_ms",)}
        yield Proof(5, "store frozen for 30 s", engine, ALWAYS, run, counts, (*EXACT, *bars))


def _overload(full: bool) -> Iterator[Proof]:
    run = partial(overload.run, engine_name=EMBEDDED, seconds=30.0 if full else 4.0, rounds=5 if full else 3)
    bars = (
        Bar("goodput_push_back", least=0.9),
        Bar("goodput_stubborn", least=0.6),
        Bar("refusal_p99_ms_in_server", most=5.0),
        Bar("recovered_s", most=5.0),
        *none_of("late_answers"),
        *some_of("refusals"),
    )
    counts = {"overload_goodput": ("goodput_push_back",)}
    yield Proof(6, "twice the load", EMBEDDED, ALWAYS, run, counts, bars)


def _archive(full: bool) -> Iterator[Proof]:
    kills = 100 if full else 30
    plan = Plan(requests=100_000 if full else 6_000, seconds=900.0 if full else 45.0, run="a")
    run = partial(archiving.run, engine_name=EMBEDDED, plan=plan, kills=kills, seconds=900.0 if full else 75.0)
    more = {"archive_missing": ("archive_missing",), "archive_duplicates": ("archive_duplicates",)}
    bars = (Bar("archiver_kills", least=kills), Bar("zombies", least=2), *some_of("flipped_byte_found"))
    yield Proof(7, "archivers killed", EMBEDDED, ALWAYS, run, PRESSURE | more, (*SERVED, *bars))


def _cluster(full: bool) -> Iterator[Proof]:
    plan = Plan(requests=10_000_000, seconds=1_200.0 if full else 75.0, run="k")
    number, slots = (60, 240) if full else (6, 60)
    failed_over = Bar("failovers", least=5)
    strict = PRESSURE | {"strict_losses": ("lost",), "failover_violations": ("limit_violations",)}
    run = partial(clustered.run, plan=plan, strict=1, failovers=number)
    yield Proof(8, "failovers", CLUSTER, STRICT, run, strict, (*SERVED, *BINDING, failed_over))
    run = partial(clustered.run, plan=plan, strict=0, failovers=number)
    yield Proof(8, "failovers", CLUSTER, DEFAULT, run, LOADED | {"default_losses": ("lost",)}, (failed_over,))
    run = partial(clustered.run, plan=plan, strict=0, slots=slots)
    moved = Bar("slots_moved", least=slots)
    yield Proof(8, "resharding", CLUSTER, DEFAULT, run, PRESSURE, (*SERVED, *BINDING, moved))


def _model(full: bool) -> Iterator[Proof]:
    number = 10_000 if full else 2_500
    run = partial(proofs.traces, number=number)
    bars = (*none_of("model_divergences"), Bar("traces", least=number))
    yield Proof(
        9, "reference model", EMBEDDED, "replay clock", run, {"model_divergences": ("model_divergences",)}, bars
    )
