"""What is measured: rates in turn with a peer, latencies alone and at half load, processor time a decision.

Ratios are taken pair by pair, so that a machine that slows down for a moment slows both.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nba_server.bench import machine
from nba_server.bench.processes import Load, Program
from nba_server.errors import FailedPrecondition

ECHO = "/bench.Echo/Call"
LEAST_OFFERS = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, lowest and highest of several measurements."""

    median: float
    low: float
    high: float
    all: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values), tuple(values))


@dataclass(slots=True)
class Bench:
    """Our server under test: its load, its processes, the engine's process id, and a seed that never repeats."""

    load: Load
    server: Program
    port: int
    engine: int
    seed: int = 1
    answered: int = 0

    def decide(self, **options: Any) -> dict[str, Any]:
        """One window of decisions, with processor time of server and store; refused when too few answers hold an offer."""
        before = machine.cpu_seconds(self.server.pids), machine.cpu_seconds([self.engine])
        found = self.load.calls(self.port, seed=self.next_seed(), **options)
        after = machine.cpu_seconds(self.server.pids), machine.cpu_seconds([self.engine])
        answers = max(1, found["answers"])
        self.answered += found["answers"]
        if found["failed"] or found["offers"] < LEAST_OFFERS * answers:
            raise FailedPrecondition(f"The run is not valid: {found}")
        found["server_cpu_us"] = (after[0] - before[0]) / answers * 1e6
        found["store_cpu_us"] = (after[1] - before[1]) / answers * 1e6
        found["per_second"] = found["inside"] / found["seconds"]
        return found

    def warm_up(self) -> None:
        """Until caches are full and the interpreter has settled; not measured."""
        self.answered += self.load.calls(self.port, seed=self.next_seed(), seconds=2.0)["answers"]

    def call(self, port: int, path: str, **options: Any) -> dict[str, Any]:
        """One window of a peer's calls."""
        found = self.load.calls(port, path=path, seed=self.next_seed(), **options)
        if found["failed"]:
            raise FailedPrecondition(f"The peer's run is not valid: {found}")
        return found | {"per_second": found["inside"] / found["seconds"]}

    def next_seed(self) -> int:
        """Request ids of one run never meet those of another."""
        self.seed += 1
        return self.seed


def paired(
    ours: Callable[[], dict[str, Any]], theirs: Callable[[], dict[str, Any]], rounds: int
) -> list[dict[str, Any]]:
    """The two in turn, `rounds` times."""
    return [{"ours": ours(), "theirs": theirs()} for _ in range(rounds)]


def ratio(pairs: Sequence[dict[str, Any]], field: str) -> Spread:
    """The field of ours ÷ that of theirs, pair by pair."""
    return Spread.of([pair["ours"][field] / pair["theirs"][field] for pair in pairs])


def against_echo(bench: Bench, echo: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Rate with 64 in flight, and latency alone, each against the empty call."""
    busy = paired(lambda: bench.decide(seconds=seconds), lambda: bench.call(echo, ECHO, seconds=seconds), rounds)
    alone = paired(
        lambda: bench.decide(seconds=seconds, in_flight=1),
        lambda: bench.call(echo, ECHO, seconds=seconds, in_flight=1),
        rounds,
    )
    return {
        "decide_per_echo": ratio(busy, "per_second"),
        "p50_ratio": ratio(alone, "p50_us"),
        "p99_ratio": ratio(alone, "p99_us"),
        "decisions_per_second": Spread.of([pair["ours"]["per_second"] for pair in busy]),
        "echoes_per_second": Spread.of([pair["theirs"]["per_second"] for pair in busy]),
        "server_cpu_us": Spread.of([pair["ours"]["server_cpu_us"] for pair in busy]),
        "store_cpu_us": Spread.of([pair["ours"]["store_cpu_us"] for pair in busy]),
        "lone_p50_us": Spread.of([pair["ours"]["p50_us"] for pair in alone]),
        "lone_p99_us": Spread.of([pair["ours"]["p99_us"] for pair in alone]),
        "lone_echo_p50_us": Spread.of([pair["theirs"]["p50_us"] for pair in alone]),
    }


def half_load(bench: Bench, capacity: float, lone_p50_us: float, seconds: float) -> dict[str, Any]:
    """p99 in an open loop at half of what can be served ÷ the lone p50."""
    found = bench.decide(seconds=seconds, rate=capacity / 2)
    return {"half_load_p99_per_p50": found["p99_us"] / lone_p50_us, "half_load": found}


def cost(bench: Bench, rounds: int, seconds: float) -> Spread:
    """Processor time of the server a decision, in microseconds."""
    return Spread.of([bench.decide(seconds=seconds)["server_cpu_us"] for _ in range(rounds)])
