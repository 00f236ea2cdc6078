"""From one version to the next while calls come in: both serve on one store and one port for a while, and no call fails."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.pb import journal_pb2
from nba_server.settings import Settings
from tests.integration.callers import Load, connected

pytestmark = pytest.mark.timeout(300)
RENAMED = Path(__file__).parent / "renamed"
OLD, NEW = "1.0.0", "2.0.0"


async def started(settings: Settings, version: str) -> tuple[Process, int]:
    """A worker process of a version, and its port."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NBA_")}
    path = os.pathsep.join(filter(None, (str(RENAMED), inherited.get("PYTHONPATH"))))
    environment = inherited | settings.environment() | {"PYTHONPATH": path, "SHOWN_VERSION": version}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "nba_server.worker", env=environment, stdout=PIPE
    )
    assert process.stdout is not None
    return process, json.loads(await process.stdout.readline())["port"]


async def left(process: Process, load: Load) -> None:
    """The process has drained, under load, and ended in order."""
    process.send_signal(signal.SIGTERM)
    ended = asyncio.create_task(process.wait())
    while not ended.done():
        await load.more(1)
    assert await ended == 0


async def deciders(store: Store) -> list[str]:
    """The version that journaled each decision."""
    records = await store.journal.read({}, 100_000)
    entries = [journal_pb2.JournalEntry.FromString(record.payload) for record in records if record.kind == "decision"]
    return [entry.server_version for entry in entries]


async def test_workers_are_replaced_one_by_one_without_a_failed_call(settings: Settings, store: Store) -> None:
    """Two old workers give way to two new ones: callers notice nothing, ids keep their answers, outcomes find decisions."""
    settings = dataclasses.replace(settings, max_connection_age=1_000, drain=20_000, store_patience=2_000)
    first, port = await started(settings, OLD)
    settings = dataclasses.replace(settings, listen=f"127.0.0.1:{port}")
    old = [first, (await started(settings, OLD))[0]]
    new: list[Process] = []
    try:
        async with connected(settings.listen) as stubs:
            await stubs.upsert()
            decided = await stubs.decide(request_id="once")
        load = Load(settings.listen)
        async with load:
            await load.more(50)
            for leaving in old:
                await load.more(20)
                new.append((await started(settings, NEW))[0])
                await load.more(20)
                await left(leaving, load)
            await load.more(50)
        async with connected(settings.listen) as stubs:
            assert await stubs.decide(request_id="once") == decided
            assert not (await stubs.react(decided.decision_id, "ACCEPTED", decided.actions[0].action)).error
    finally:
        for process in (*old, *new):
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await process.wait()
    versions = await deciders(store)
    assert len(versions) == load.done + 1  # each answered call has one decision, each decision an answered call
    assert versions.count(OLD) > 40
    assert versions.count(NEW) > 40
