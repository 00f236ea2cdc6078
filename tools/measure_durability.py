"""Prints what each durability mode costs: decisions committed a second and their latency, on this machine.

`python tools/measure_durability.py [seconds]`. The store alone is measured: batches of eight commits by eight callers.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from nba_server.adapters.embedded import EmbeddedEngine  # noqa: E402
from nba_server.adapters.redis.settings import StoreSettings  # noqa: E402
from nba_server.adapters.redis.store import Store  # noqa: E402
from tests.clusters import running_cluster  # noqa: E402
from tests.store.builders import commit  # noqa: E402

CALLERS, BATCH = 8, 8
NO_LIMIT_S = 30.0


async def measured(store: Store, seconds: float) -> tuple[float, float, float]:
    """(commits a second, median and 99th percentile of a batch in ms)."""
    waits: list[float] = []
    end = time.monotonic() + seconds

    async def call(caller: int) -> None:
        number = 0
        while time.monotonic() < end:
            refs = [store.identity.customer(f"c{caller}-{number}-{i}") for i in range(BATCH)]
            number += 1
            started = time.perf_counter()
            await store.decisions.commit([commit(store, ref, "r") for ref in refs])
            waits.append(time.perf_counter() - started)

    await asyncio.gather(*(call(caller) for caller in range(CALLERS)))
    waits.sort()
    return len(waits) * BATCH / seconds, waits[len(waits) // 2] * 1000, waits[len(waits) * 99 // 100] * 1000


async def embedded(durability: str, seconds: float) -> tuple[float, float, float]:
    """One engine, as `nba serve` starts it."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedEngine.start(folder, durability=durability) as engine:
        store = await Store.open(engine.url, seed=1)
        try:
            return await measured(store, seconds)
        finally:
            await store.close()


async def cluster(durability: str, strict: int, seconds: float) -> tuple[float, float, float]:
    """Three masters with a replica each, all on this machine."""
    options = {"appendfsync": durability, "min_replicas_to_write": strict}
    with tempfile.TemporaryDirectory() as folder, running_cluster(Path(folder), **options) as running:
        settings = StoreSettings(strict=strict, replica_wait_s=1.0, patience_s=NO_LIMIT_S, read_timeout_s=NO_LIMIT_S)
        store = await Store.open(running.url, seed=1, settings=settings)
        try:
            return await measured(store, seconds)
        finally:
            await store.close()


async def main(seconds: float) -> None:
    """All modes, one after the other."""
    sys.stdout.write(f"{'mode':34} {'commits/s':>10} {'p50 ms':>8} {'p99 ms':>8}\n")
    for durability in ("always", "everysec"):
        row(f"embedded, {durability}", await embedded(durability, seconds))
    for durability, strict in (("everysec", 0), ("everysec", 1), ("always", 0), ("always", 1)):
        row(f"cluster 3+3, {durability}, strict {strict}", await cluster(durability, strict, seconds))


def row(name: str, figures: tuple[float, float, float]) -> None:
    """One line of the table."""
    rate, median, tail = figures
    sys.stdout.write(f"{name:34} {rate:10,.0f} {median:8.1f} {tail:8.1f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0))
