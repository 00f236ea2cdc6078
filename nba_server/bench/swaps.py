"""Swaps of model and catalogue under load: whether a call fails by them, and what they leave in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

from nba_server.adapters.catalog import compile_folder
from nba_server.adapters.catalog.publishing import publish
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis.store import Store
from nba_server.bench import machine, model
from nba_server.bench.figures import Bench, Spread
from nba_server.bench.scenario import Scenario
from nba_server.bench.world import Run, best_transport
from nba_server.errors import FailedPrecondition

SWAPS, WARM = 1_000, 100
LONGEST_S, POLL_S = 30.0, 0.02
LOOKS = 25
"""Memory is that after so many swaps, the median: in the middle of one the old and the new are there at once."""
RATE = 1_500.0
"""Calls a second, as they come: at the full rate the store, which remembers every request for a day, would have outgrown the
machine's memory before the swaps are over."""


class Watched:
    """How often the worker has said in its log that it swapped, by what it said."""

    def __init__(self, log: Path, worker: int) -> None:
        self._file = log.open(encoding="utf-8", errors="replace")
        self._worker = f'"pid": {worker},'
        self.models = self.catalogs = 0

    def look(self) -> tuple[int, int]:
        """Models and catalogues so far."""
        for line in self._file:
            if self._worker in line:
                self.models += '"model swapped"' in line
                self.catalogs += '"catalogue swapped"' in line
        return self.models, self.catalogs

    async def more(self, before: tuple[int, int]) -> None:
        """Waits until both have become more. Raises `FailedPrecondition`."""
        end = time.monotonic() + LONGEST_S
        while not all(now > then for now, then in zip(self.look(), before, strict=True)):
            if time.monotonic() > end:
                raise FailedPrecondition(f"The worker has not swapped model and catalogue within {LONGEST_S:.0f} s")
            await asyncio.sleep(POLL_S)


def under_load(run: Run, swaps: int = SWAPS, warm: int = WARM) -> None:
    """So many swaps of each, after so many that warm up; every window of load is valid, or the part is not."""
    with run.stored("swaps", Scenario()) as stored, run.serving(stored, best_transport()) as ours:
        other = compile_folder(Scenario(title="Other").write(stored.folder / "other"))
        first = compile_folder(stored.catalog)
        windows, (before, after) = asyncio.run(_swapped(ours, (first, other), swaps, warm, run.sizes.seconds))
    run.detail["swaps"] = {
        "of_each": swaps,
        "failed_calls": 0,  # a window with one would have ended the part
        "answers": sum(window["answers"] for window in windows),
        "p99_us": Spread.of([window["p99_us"] for window in windows]),
        "resident_after_warm_up": before,
        "resident_at_the_end": after,
        "resident_growth": after / before - 1.0,
    }


async def _swapped(
    ours: Bench, catalogs: tuple[Any, Any], swaps: int, warm: int, seconds: float
) -> tuple[list[dict[str, Any]], tuple[int, int]]:
    """The windows of load meanwhile, and the worker's memory after the warm-up and at the end."""
    (worker,) = machine.running(ours.server.pids, "nba_server.worker")
    watched = Watched(ours.server.log, worker)
    store = await Store.open(ours.store)
    windows: list[dict[str, Any]] = []
    try:
        registry = ModelRegistry(store.artifacts)
        versions = [await _published(registry, seed) for seed in (7, 8)]
        for compiled in reversed(catalogs):  # the first is live when the swaps begin
            await publish(store.snapshots, compiled, "for the benchmark")
        resident: list[int] = []
        with ThreadPoolExecutor(1) as pool:
            loop = asyncio.get_running_loop()
            window = loop.run_in_executor(pool, lambda: ours.decide(seconds=seconds, rate=RATE))
            for number in range(warm + swaps):
                before = watched.look()
                await registry.promote(versions[(number + 1) % 2], "for the benchmark")
                await store.snapshots.set_live(catalogs[(number + 1) % 2].hash, note="for the benchmark")
                await watched.more(before)
                resident.append(machine.resident_bytes(worker))
                if window.done():
                    windows.append(window.result())
                    window = loop.run_in_executor(pool, lambda: ours.decide(seconds=seconds, rate=RATE))
            windows.append(await window)
        return windows, (_usual(resident[:warm]), _usual(resident[warm:]))
    finally:
        await store.close()


def _usual(resident: Sequence[int]) -> int:
    """What the last swaps left in memory."""
    return round(median(resident[-LOOKS:]))


async def _published(registry: ModelRegistry, seed: int) -> str:
    version, files = model.sealed(Scenario().actions, seed)
    await registry.publish(version, files)
    return version
