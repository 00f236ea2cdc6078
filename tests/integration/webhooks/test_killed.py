"""The background process killed with -9 in mid-delivery, again and again: nothing is lost, and repeats have equal ids."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from nba_server.adapters.catalog.watcher import CatalogWatcher
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from tests.integration.archive_journal import buy
from tests.integration.conftest import MINIMAL
from tests.integration.webhooks.receiver import Received, Receiver, Reply
from tests.integration.webhooks.told import until

MESSAGES = 240
KILLS = 2

YAML = """
endpoints:
  crm:
    url: {url}
    events: [nba.purchase.recorded]
    secret: {{env: WEBHOOK_SECRET}}
    start: oldest
"""


@pytest.mark.timeout(240)
async def test_killed_in_mid_delivery(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """240 messages, 2 kills: all arrive; a repeat has the id and the body of the first; customers' messages stay in order."""
    await buy(store, MESSAGES)
    publisher = CatalogWatcher(store.snapshots, MINIMAL)
    await publisher.start()
    await publisher.stop()
    file = tmp_path / "webhooks.yaml"
    with Receiver() as receiver:
        receiver.reply = lambda _: Reply(after_s=0.01)
        file.write_text(YAML.format(url=receiver.url))
        command = [sys.executable, "-m", "nba_server.background"]
        settings = {"NBA_STORE": engine.url, "NBA_DATA": str(tmp_path), "NBA_WEBHOOKS": str(file)}
        environment = os.environ | settings | {"WEBHOOK_SECRET": receiver.secret}
        for kill in range(KILLS + 1):
            process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
            wanted = MESSAGES if kill == KILLS else len(_numbers(receiver.received)) + MESSAGES // (KILLS + 2)
            try:
                await until(lambda wanted=wanted: len(_numbers(receiver.received)) >= wanted, 60)  # type: ignore[misc]
            finally:
                process.kill()
                await process.wait()
            await store.leases.release("webhooks", kill + 1)
    assert sorted(_numbers(receiver.received)) == list(range(MESSAGES))
    assert receiver.forged == 0
    bodies = defaultdict(set)
    for one in receiver.received:
        bodies[one.id].add((one.customer, str(one.data)))
    assert len(bodies) == MESSAGES
    assert all(len(same) == 1 for same in bodies.values())
    for numbers in _firsts(receiver.received).values():
        assert all(earlier < later for earlier, later in pairwise(numbers))


def _numbers(received: list[Received]) -> set[int]:
    return {int(one.data["purchase_id"]) for one in received}


def _firsts(received: list[Received]) -> dict[str, list[int]]:
    """The numbers of each customer in the order in which they came for the first time."""
    seen: dict[str, list[int]] = defaultdict(list)
    for one in received:
        number = int(one.data["purchase_id"])
        if number not in seen[one.customer]:
            seen[one.customer].append(number)
    return seen
