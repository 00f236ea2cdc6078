"""What is measured: rates in turn with a peer, latencies alone and at half load, processor time a decision.

Ratios are taken pair by pair, so that a machine that slows down for a moment slows both.
"""

from __future__ import annotations

import os
import signal
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nba_server.bench import machine
from nba_server.bench.processes import Load, Program
from nba_server.errors import FailedPrecondition

ECHO = "/bench.Echo/Call"
LEAST_OFFERS = 0.95
WARM_UPS, WARM_UP_S = 5, 2.0
CATCH_UP_S, LOOK_S, IDLE = 12.0, 0.5, 0.2
"""So long at most, looked at so often: a process that has less than this share of a processor has caught up."""


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
    """Our server under test: its load, its processes, the store's address and process, and seeds that never repeat.

    `answered` and `failed` count all calls so far, those of the warm-up too.
    """

    load: Load
    server: Program
    port: int
    store: str
    engine: int
    seeds: Iterator[int]
    answered: int = 0
    failed: int = 0

    def decide(self, **options: Any) -> dict[str, Any]:
        """One window of decisions, with processor time of server and store. Raises `FailedPrecondition` if it is not valid."""
        pids = self.server.pids
        worker = machine.running(pids, "nba_server.worker")
        before = [machine.cpu_seconds(group) for group in (pids, worker, [self.engine])]
        found = self._calls(**options)
        after = [machine.cpu_seconds(group) for group in (pids, worker, [self.engine])]
        answers = max(1, found["answers"])
        fault = _fault(found)
        if fault:
            raise FailedPrecondition(f"A window is not valid: {fault}")
        for name, start, end in zip(("server", "worker", "store"), before, after, strict=True):
            found[f"{name}_cpu_us"] = (end - start) / answers * 1e6
        found["per_second"] = found["inside"] / found["seconds"]
        return found

    def warm_up(self) -> None:
        """Until caches are full, the interpreter has settled and a window goes through without a failure; not measured.

        Raises `FailedPrecondition` when there is none.
        """
        for _ in range(WARM_UPS):
            found = self._calls(seconds=WARM_UP_S)
            if not (fault := _fault(found)):
                return
        raise FailedPrecondition(f"The server does not warm up: {fault}; its log ends: {self.server.last_words()}")

    @contextmanager
    def still(self) -> Iterator[None]:
        """Our background process rests, which shares a core with the load: what it has to archive is no peer's burden."""
        pids = machine.running(self.server.pids, "nba_server.background")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def catch_up(self) -> None:
        """Waits until our background process has archived what the windows before have left, or most of it."""
        pids, end = machine.running(self.server.pids, "nba_server.background"), time.monotonic() + CATCH_UP_S
        busy = True
        while busy and time.monotonic() < end:
            before = machine.cpu_seconds(pids)
            time.sleep(LOOK_S)
            busy = machine.cpu_seconds(pids) - before > IDLE * LOOK_S

    def call(self, port: int, path: str, **options: Any) -> dict[str, Any]:
        """One window of a peer's calls."""
        with self.still():
            found = self.load.calls(port, path=path, seed=self.next_seed(), **options)
        if found["failed"]:
            raise FailedPrecondition(f"The peer's window is not valid: {_fault(found)}")
        return found | {"per_second": found["inside"] / found["seconds"]}

    def next_seed(self) -> int:
        """Request ids of one run never meet those of another."""
        return next(self.seeds)

    def _calls(self, **options: Any) -> dict[str, Any]:
        found = self.load.calls(self.port, seed=self.next_seed(), **options)
        self.answered += found["answers"]
        self.failed += found["failed"]
        return found


def _fault(found: dict[str, Any]) -> str:
    """What makes a window void, in words; empty when nothing does."""
    calls, answers = found["answers"] + found["failed"], found["answers"]
    slowest = f"the slowest answer took {found['max_us'] / 1e6:.2f} s"
    if not answers:
        return f"none of {calls} calls was answered"
    if found["failed"]:
        return f"{found['failed']} of {calls} calls failed; {slowest}"
    if found["unsent"]:
        return f"{found['unsent']} calls could not be sent when they were due"
    if found["offers"] < LEAST_OFFERS * answers:
        return f"{found['offers']} of {answers} answers hold an offer, fewer than {LEAST_OFFERS:.0%}"
    return ""


def paired(
    ours: Callable[[], dict[str, Any]], theirs: Callable[[], dict[str, Any]], rounds: int
) -> list[dict[str, Any]]:
    """The two in turn, `rounds` times, now this one first and now that one: what drifts meets both alike."""
    pairs = []
    for number in range(rounds):
        turn = {"ours": ours, "theirs": theirs} if number % 2 == 0 else {"theirs": theirs, "ours": ours}
        pairs.append({who: window() for who, window in turn.items()})
    return pairs


def ratio(pairs: Sequence[dict[str, Any]], field: str) -> Spread:
    """The field of ours ÷ that of theirs, pair by pair."""
    return Spread.of([pair["ours"][field] / pair["theirs"][field] for pair in pairs])


def against_echo(bench: Bench, echo: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Rate with 64 in flight, and latency alone, each against the empty call."""
    busy = busy_pairs(bench, echo, rounds, seconds)
    bench.catch_up()  # alone is alone: what the busy windows left is archived first
    alone = paired(
        lambda: bench.decide(seconds=seconds, in_flight=1),
        lambda: bench.call(echo, ECHO, seconds=seconds, in_flight=1),
        rounds,
    )
    return rates(busy) | {
        "p50_ratio": ratio(alone, "p50_us"),
        "p99_ratio": ratio(alone, "p99_us"),
        "lone_p50_us": of_ours(alone, "p50_us"),
        "lone_p99_us": of_ours(alone, "p99_us"),
        "lone_cpu_us": of_ours(alone, "worker_cpu_us"),
        "lone_echo_p50_us": Spread.of([pair["theirs"]["p50_us"] for pair in alone]),
        "lone_echo_p99_us": Spread.of([pair["theirs"]["p99_us"] for pair in alone]),
    }


def busy_pairs(bench: Bench, echo: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    """Decisions and empty calls in turn, 64 in flight."""
    return paired(lambda: bench.decide(seconds=seconds), lambda: bench.call(echo, ECHO, seconds=seconds), rounds)


def rates(busy: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the pairs with 64 in flight say."""
    return {
        "decide_per_echo": ratio(busy, "per_second"),
        "decisions_per_second": of_ours(busy, "per_second"),
        "echoes_per_second": Spread.of([pair["theirs"]["per_second"] for pair in busy]),
        "server_cpu_us": of_ours(busy, "server_cpu_us"),
        "worker_cpu_us": of_ours(busy, "worker_cpu_us"),
        "store_cpu_us": of_ours(busy, "store_cpu_us"),
        "busy_p50_us": of_ours(busy, "p50_us"),
        "busy_p99_us": of_ours(busy, "p99_us"),
    }


def of_ours(pairs: Sequence[dict[str, Any]], field: str) -> Spread:
    """A field of our windows."""
    return Spread.of([pair["ours"][field] for pair in pairs])


def half_load(bench: Bench, capacity: float, lone_p50_us: float, seconds: float) -> dict[str, Any]:
    """p99 in an open loop at half of what can be served ÷ the lone p50."""
    found = bench.decide(seconds=seconds, rate=capacity / 2)
    return {"half_load_p99_per_p50": found["p99_us"] / lone_p50_us, "half_load": found}


def cost(bench: Bench, rounds: int, seconds: float) -> Spread:
    """Processor time of the worker a decision, in microseconds."""
    return Spread.of([bench.decide(seconds=seconds)["worker_cpu_us"] for _ in range(rounds)])
