"""One of the trainers of trainers.py: `python -m tests.prove.trainer_process URL TTL_MS`, until it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from functools import partial

from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.errors import NbaError
from nba_training.tick import in_turn, named


async def main(url: str, ttl_ms: int) -> None:
    """Runs each tick that it sees, in turn with the others: some work, then the promotion of the model that is not live."""
    store = await Store.open(url, settings=StoreSettings(patience_s=30.0))
    registry = ModelRegistry(store.artifacts)
    versions = [meta["version"] for meta in await store.artifacts.list()]

    async def promote(tick: str, fence: int) -> bool:
        await asyncio.sleep(random.uniform(0.02, 0.12))  # the length of a fit
        live = await store.artifacts.live()
        other = next(version for version in versions if version != live)
        await registry.promote(other, named("trained", tick), fence=fence)
        return True

    while True:
        tick = (await store.artifacts.state()).get("wanted", "")
        with contextlib.suppress(NbaError):  # a stale fence: another trainer has taken over
            if tick:
                await in_turn(store.leases, store.artifacts, tick, partial(promote, tick), ttl_ms=ttl_ms)
        await asyncio.sleep(0.02)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
