"""Three trainers, 200 ticks, leaders killed and frozen: one promotion a tick, no stale one.

The trainers are processes that share a store. Each tick they take turns by the real lease, tick and promotion; what they
would fit is made beforehand. Whoever leads is killed (SIGKILL) or frozen past its lease (SIGSTOP, later SIGCONT) in some ticks.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_training.lease import LEASE
from nba_training.tick import done
from tests.unit.models.small import sealed

TTL_MS = 600
PATIENT = StoreSettings(patience_s=30.0)
"""A busy machine is no fault of the trainers."""

TICK_S = 120.0
"""A tick waits for its promotion so long; it is a fault when there is none then."""


def spawn(url: str) -> subprocess.Popen[bytes]:
    """A trainer process."""
    return subprocess.Popen([sys.executable, "-m", "tests.prove.trainer_process", url, str(TTL_MS)])


async def _tick(
    store: Store, number: int, trainers: list[subprocess.Popen[bytes]], url: str, rng: random.Random
) -> str:
    """Sets the tick, harms its leader now and then, and waits until it is done. What was done to the leader."""
    before = (await store.artifacts.state()).get("wanted", "")
    await store.artifacts.mark("wanted", f"tick {number}", expected=before)
    harm = rng.choice(["", "killed", "frozen"])
    frozen: list[int] = []
    harmed = ""
    deadline = time.monotonic() + TICK_S
    while not await done(store.artifacts, f"tick {number}"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"tick {number} had no promotion within {TICK_S:g} s")
        for place, trainer in enumerate(trainers):
            if trainer.poll() is not None:
                trainers[place] = spawn(url)
        leader = await _leader(store)
        if harm and not harmed and leader:
            harmed = harm
            os.kill(leader, signal.SIGKILL if harm == "killed" else signal.SIGSTOP)
            if harm == "frozen":
                frozen.append(leader)
            else:
                place = next(place for place, trainer in enumerate(trainers) if trainer.pid == leader)
                await asyncio.to_thread(trainers[place].wait)
                trainers[place] = spawn(url)
        await asyncio.sleep(0.01)
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    print(f"tick {number} {harmed}", file=sys.stderr, flush=True)
    return harmed


async def _leader(store: Store) -> int:
    """The process that holds the lease; 0 when none does. The owner's name is host:pid:random."""
    found = await store._client.one(("GET", keys.lease(LEASE)))
    return int(found.decode().split(":")[-2]) if found else 0


async def _prove(ticks: int, folder: Path) -> dict[str, Any]:
    rng = random.Random(5)  # which leader is harmed, not a secret
    with EmbeddedEngine.start(folder) as engine:
        store = await Store.open(engine.url, seed=1, settings=PATIENT)
        registry = ModelRegistry(store.artifacts)
        for seed in (1, 2):
            await registry.publish(*sealed(seed))
        trainers = [spawn(engine.url) for _ in range(3)]
        try:
            harmed = Counter([await _tick(store, number, trainers, engine.url, rng) for number in range(ticks)])
            audit = await store.artifacts.audit(10 * ticks)
        finally:
            for trainer in trainers:
                trainer.kill()
                trainer.wait()
            await store.close()
    notes = Counter(change.note for change in audit)
    in_order = [int(change.note.split("[tick ")[1].rstrip("]")) for change in reversed(audit)]
    return {
        "ticks": ticks,
        "leaders": {name or "left alone": count for name, count in sorted(harmed.items())},
        "promotions": len(audit),
        "ticks_with_two": sum(count > 1 for count in notes.values()),
        "ticks_without": ticks - len(notes),
        "out_of_order": sum(a >= b for a, b in pairwise(in_order)),
        "passed": len(audit) == len(notes) == ticks and in_order == list(range(ticks)),
    }


def run(*, ticks: int = 200) -> dict[str, Any]:
    """All ticks on a store of their own."""
    with tempfile.TemporaryDirectory(prefix="nba-trainers-") as folder:
        return asyncio.run(_prove(ticks, Path(folder)))
