"""What the embedded engine still has after kill -9 under load, by durability: all of it, or what is counted here."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult
from tests.store.builders import commit, until

KILLS = 4
CALLERS = 8
EVERYSEC_S = 2.0
"""Under `everysec` the engine may answer for so long before what it answered has reached the kernel."""


async def acknowledged_by(store: Store, caller: int, stop: asyncio.Event, log: list[tuple[float, str, str]]) -> None:
    """Commits until told to stop; notes when each was acknowledged."""
    number = 0
    while not stop.is_set():
        number += 1
        customer, request = f"c{caller}-{number}", f"r{len(log)}-{caller}-{number}"
        (result,) = await store.decisions.commit([commit(store, store.identity.customer(customer), request)])
        if isinstance(result, CommitResult):
            log.append((time.monotonic(), customer, request))
        await asyncio.sleep(0)


async def lost(store: Store, log: list[tuple[float, str, str]]) -> list[float]:
    """When those were acknowledged that the store does not know any more."""
    missing = []
    for at, customer, request in log:
        ref = store.identity.customer(customer)
        key = store.identity.request_key("tester", ref.ref, request)
        if await store.journal.find(key, ref.bucket) is None:
            missing.append(at)
    return missing


@pytest.mark.parametrize("durability", ["always", "everysec"])
async def test_what_a_killed_engine_loses(tmp_path: Path, durability: str) -> None:
    """`always` loses nothing that was acknowledged; `everysec` at most what was acknowledged in the last two seconds."""
    with EmbeddedEngine.start(tmp_path, durability=durability) as engine:
        store = await Store.open(engine.url, seed=1, settings=StoreSettings(read_timeout_s=1.0))
        counted = 0
        for _ in range(KILLS):
            log: list[tuple[float, str, str]] = []
            stop = asyncio.Event()
            tasks = [asyncio.create_task(acknowledged_by(store, caller, stop, log)) for caller in range(CALLERS)]
            await until(lambda log=log: len(log) > 200, 30.0)  # type: ignore[misc]
            os.kill(engine.pid, signal.SIGKILL)
            killed = time.monotonic()
            await until(lambda: not engine.alive())
            stop.set()
            await asyncio.gather(*tasks)
            await asyncio.to_thread(engine.restart)
            await until(lambda: store.available)
            missing = await lost(store, log)
            assert all(at > killed - EVERYSEC_S for at in missing)
            counted += len(missing)
        assert counted == 0 or durability == "everysec"
        await store.close()
