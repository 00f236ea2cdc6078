"""Proof 6: twice the load that can be served, from callers who honour push-back and from callers who do not.

Windows alternate: the best throughput is measured again before each window of too much, so that a machine which gets slower
or faster meanwhile is no result. Medians count.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.chaos import world
from tests.chaos.callers import Callers, Seen, callers
from tests.chaos.engines import backend
from tests.chaos.fleet import Server
from tests.chaos.frozen import quantile

ALONE = 200
"""Calls one after the other: what is served amid refusals costs as much as one of them."""
WELL_S, ROW, PATIENCE_S = 0.1, 20, 10.0
"""It is well again when so many calls in a row were answered within so many seconds."""


@dataclass(slots=True)
class Windows:
    """What was seen: the best throughput before each window of too much, and the seconds until it was well again behind it."""

    best: list[Seen] = field(default_factory=list)
    honouring: list[Seen] = field(default_factory=list)
    stubborn: list[Seen] = field(default_factory=list)
    recovered: list[float] = field(default_factory=list)

    def rate(self) -> float:
        """The best throughput so far, in answers a second."""
        return median(seen.goodput for seen in self.best)


async def windows(address: str, seconds: float, rounds: int) -> Windows:
    """Both kinds of callers in turn."""
    found = Windows()
    async with callers(address) as calling:
        await calling.closed(3.0)
        for _ in range(rounds):
            for seen, honours in ((found.honouring, True), (found.stubborn, False)):
                found.best.append(await calling.closed(seconds))
                seen.append(await calling.by_the_clock(2 * found.rate(), seconds, honours=honours))
                found.recovered.append(await _recovered(calling))
    return found


async def _recovered(calling: Callers) -> float:
    since, row = time.monotonic(), 0
    while row < ROW and time.monotonic() - since < PATIENCE_S:
        seen = await calling.one()
        row = row + 1 if seen.served and seen.served[0] < WELL_S else 0
    return time.monotonic() - since


def figures(found: Windows) -> dict[str, Any]:
    """What the windows show."""
    best, crowded = found.rate(), [*found.honouring, *found.stubborn]
    refused = [took for seen in crowded for took in seen.refused]
    return {
        "best_per_second": round(best),
        "goodput_push_back": round(median(seen.goodput for seen in found.honouring) / best, 3),
        "goodput_stubborn": round(median(seen.goodput for seen in found.stubborn) / best, 3),
        "windows_per_second": {
            name: [round(seen.goodput) for seen in getattr(found, name)] for name in ("best", "honouring", "stubborn")
        },
        "late_answers": sum(seen.late for seen in crowded),
        "served_p99_ms": quantile([took for seen in crowded for took in seen.served], 0.99),
        "refusals": len(refused),
        "refusal_p50_ms_at_caller": quantile(refused, 0.5),
        "held_back_by_callers": sum(seen.held for seen in found.honouring),
        "codes_push_back": codes(found.honouring),
        "codes_stubborn": codes(found.stubborn),
        "recovered_s": round(max(found.recovered), 2),
        "calls": sum(seen.offered for seen in crowded),
    }


def codes(seen: Iterable[Seen]) -> dict[str, int]:
    """How often calls ended with which error."""
    return dict(sum((window.codes for window in seen), Counter()))


def processor_s(pid: int) -> float:
    """What a process has used of the processors so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def refusal_ms(server: Server, seconds: float) -> float:
    """Milliseconds of the worker's processor for a refusal: many callers at a server that takes one call at a time."""
    (worker,) = server.workers()
    async with callers(server.address) as calling:
        await calling.closed(1.0)
        used = [processor_s(worker)]
        for _ in range(ALONE):
            await calling.one()
        used.append(processor_s(worker))
        seen = await calling.closed(seconds)
        used.append(processor_s(worker))
    alone = (used[1] - used[0]) / ALONE
    return max(0.0, 1000 * (used[2] - used[1] - len(seen.served) * alone) / max(1, len(seen.refused)))


async def served_ms(server: Server, seconds: float) -> float:
    """Milliseconds of the worker's processor for a call that is served, when it serves as many as it can."""
    (worker,) = server.workers()
    async with callers(server.address) as calling:
        before = processor_s(worker)
        seen = await calling.closed(seconds)
    return 1000 * (processor_s(worker) - before) / max(1, len(seen.served))


def refusal_p99_ms(page: str) -> float | None:
    """A bound of the 99th percentile of a refusal, as the server's own histogram has it; None without refusals."""
    samples = [
        sample
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "nba_refusal_seconds_bucket"
    ]
    counts = sorted((float(sample.labels["le"]), sample.value) for sample in samples)
    total = counts[-1][1] if counts else 0
    return next((1000 * le for le, count in counts if count >= 0.99 * total), None) if total else None


def run(folder: Path, engine_name: str, *, seconds: float, rounds: int) -> dict[str, Any]:
    """The proof on an engine, with one worker: the callers need the other core."""
    catalogue = world.write_catalogue(folder / "catalogue")
    with backend(engine_name, folder) as engine:
        options = {**engine.options, "metrics": "127.0.0.1:0"}
        with Server(folder / "data", catalogue, store=engine.url, workers=1, options=options) as server:
            found = asyncio.run(windows(server.address, seconds, rounds))
            each_ms = asyncio.run(served_ms(server, seconds))
            with urlopen(server.facts["metrics"], timeout=10) as page:
                p99 = refusal_p99_ms(page.read().decode())
        narrow = {**engine.options, "max-concurrency": "1"}
        with Server(folder / "narrow", catalogue, store=engine.url, workers=1, options=narrow) as server:
            refused_ms = asyncio.run(refusal_ms(server, seconds))
    more = {"served_processor_ms": round(each_ms, 3), "refusal_processor_ms": round(refused_ms, 3)}
    return {**figures(found), **more, "refusal_p99_ms_in_server": p99, "kills": {}}
