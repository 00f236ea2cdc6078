"""Proof 2: an outcome that was acknowledged is never lost and never counts twice, also on a disk that takes no more.

Faults of the disk: a file-size limit (writes fail with EFBIG), or a preload library built here (ENOSPC or EIO).
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from nba_server.pb import outcome_pb2
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import TcpEngine, backend
from tests.chaos.fleet import Server, until
from tests.chaos.kill import Killer
from tests.chaos.load import Clients, Plan, clients
from tests.chaos.pressure import archived, targets_of, told
from tests.chaos.recount import recount

KIND = outcome_pb2.OUTCOME_TYPE_MAYBE_LATER
EACH = 10
"""Outcomes of one decision, each with its own event id, some sent twice at once."""
ROOM = 40_000
"""Bytes that the disk still takes when it gets full."""


async def outcomes_of(calling: Clients, plan: Plan) -> None:
    """Decisions for customers of their own, and many outcomes on each; ends at `plan.requests` outcomes or in time."""
    numbers = iter(range(plan.requests // EACH))
    end = time.monotonic() + plan.seconds

    async def worker(name: int) -> None:
        draw = random.Random(f"{plan.seed}:{name}")
        for number in numbers:
            if time.monotonic() > end:
                return
            response = await calling.decide(f"{plan.run}{number}", "web", f"{plan.run}-{number}")
            if response is None:
                continue
            for action in response.actions:
                events = [f"{plan.run}-{number}-{turn}" for turn in range(EACH)]
                events += [event for event in events if draw.random() < 0.1]
                draw.shuffle(events)
                for pair in zip(events[::2], events[1::2], strict=False):
                    await asyncio.gather(
                        *(calling.record(response.decision_id, action.action, KIND, event) for event in pair)
                    )

    await asyncio.gather(*(worker(name) for name in range(plan.crews * plan.crew_size)))


def run(folder: Path, engine_name: str, plan: Plan, *, every: float) -> dict[str, Any]:
    """The proof on an engine; a worker and the engine die every so many seconds."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(engine_name, folder) as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        started = time.monotonic()

        async def go() -> tuple[Any, dict[str, int]]:
            stop = asyncio.Event()
            async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
                killer = Killer(targets_of(server, engine, worker=every, store=every * 1.3), time.monotonic)
                killing = asyncio.create_task(killer.run(stop))
                await outcomes_of(calling, plan)
                stop.set()
                await killing
                return calling.tally, dict(killer.kills)

        tally, kills = asyncio.run(go())
        seconds = time.monotonic() - started
        asyncio.run(archived(server))
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    more = {"outcomes_per_second": round(tally.outcomes / seconds), "load_seconds": round(seconds, 1)}
    return {**counted, "kills": kills, **more, **told(tally, seconds)}


async def on_a_full_disk(server: Server, engine: TcpEngine, plan: Plan, log: Path) -> dict[str, int]:
    """Load while the engine's files may not grow; then they may again. Counts what was answered meanwhile."""
    async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
        loading = asyncio.create_task(outcomes_of(calling, plan))
        await reached(lambda: calling.tally.outcomes >= plan.requests // 4)
        engine.limit_files(engine.written() + ROOM)
        failed = sum(calling.tally.failures.values())
        await reached(lambda: sum(calling.tally.failures.values()) >= failed + plan.crew_size)
        full = calling.tally.outcomes
        engine.limit_files(-1)
        await loading
        return {"failures": sum(calling.tally.failures.values()), "before": full, "outcomes": calling.tally.outcomes}


async def reached(holds: Any, seconds: float = 60.0) -> None:
    """Waits in the loop for something that must happen."""
    await asyncio.to_thread(until, holds, "the load goes on", seconds)


def full_disk(folder: Path, plan: Plan, *, durability: str = "always") -> dict[str, Any]:
    """The proof on one server over TCP whose disk gets full in the middle."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        TcpEngine(folder / "engine", durability=durability) as engine,
        Server(folder / "data", catalogue, store=engine.url) as server,
    ):
        seen = asyncio.run(on_a_full_disk(server, engine, plan, log))
        asyncio.run(archived(server))
        deaths = engine.deaths
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    return {**counted, **seen, "kills": {}, "engine_deaths": deaths}
