"""Proof 3: every request is sent three times, some at once, some much later, across kills: one effect, equal answers."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import Backend, backend
from tests.chaos.fleet import Server
from tests.chaos.kill import Killer
from tests.chaos.load import Clients, Plan, Tally, clients
from tests.chaos.pressure import archived, targets_of, told
from tests.chaos.recount import recount

COPIES = 3


def order(requests: int, seed: int) -> list[int]:
    """Request numbers, each three times: half of the copies close together, the others anywhere behind."""
    draw = random.Random(seed)
    places = []
    for number in range(requests):
        for copy in range(COPIES):
            far = draw.random() * requests * 0.5 if copy and draw.random() < 0.5 else draw.random() * 4
            places.append((number + far, number))
    return [number for _, number in sorted(places)]


async def three_times(server: Server, engine: Backend, plan: Plan, log: Path, *, every: float) -> Tally:
    """Sends all copies with 64 in flight; a worker and the engine die every so many answers."""
    stop = asyncio.Event()
    async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
        killer = Killer(targets_of(server, engine, worker=every, store=every * 1.4), lambda: calling.tally.answered)
        killing = asyncio.create_task(killer.run(stop))
        await _send(calling, plan)
        stop.set()
        await killing
    calling.tally.kills = dict(killer.kills)
    return calling.tally


async def _send(calling: Clients, plan: Plan) -> None:
    numbers = iter(order(plan.requests, plan.seed))
    end = time.monotonic() + plan.seconds

    async def worker() -> None:
        for number in numbers:
            if time.monotonic() > end:
                return
            draw = random.Random(f"{plan.seed}:{number}")
            channel = draw.choice(plan.channels)
            await calling.decide(f"c{draw.randrange(plan.customers)}", channel, f"{plan.run}-{number}")

    await asyncio.gather(*(worker() for _ in range(plan.crews * plan.crew_size)))


def run(folder: Path, engine_name: str, plan: Plan, *, every: float) -> dict[str, Any]:
    """The proof on an engine."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(engine_name, folder) as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        started = time.monotonic()
        tally = asyncio.run(three_times(server, engine, plan, log, every=every))
        seconds = time.monotonic() - started
        asyncio.run(archived(server))
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    return {**counted, "kills": tally.kills, "load_seconds": round(seconds, 1), **told(tally, seconds)}
