"""Proof 2: an outcome that was acknowledged is never lost and never counts twice, also on a disk that takes no more.

Faults of the disk: a file-size limit (writes fail with EFBIG), or a preload library built here (ENOSPC or EIO).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nba_server.pb import outcome_pb2
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import TcpEngine, backend
from tests.chaos.fleet import Server, until
from tests.chaos.kill import Killer
from tests.chaos.load import Clients, Plan, clients
from tests.chaos.preload import build
from tests.chaos.pressure import archived, targets_of, told
from tests.chaos.recount import read_logs, recount

KIND = outcome_pb2.OUTCOME_TYPE_MAYBE_LATER
EACH = 10
"""Outcomes of one decision, each with its own event id, some sent twice at once."""
RECORDED = {outcome_pb2.OUTCOME_STATUS_RECORDED, outcome_pb2.OUTCOME_STATUS_RECORDED_LATE}
FAILURES = 64
"""So many calls are refused before the disk is well again."""
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


async def on_a_bad_disk(
    address: str, plan: Plan, log: Path, begin: Callable[[], None], end: Callable[[], None]
) -> dict[str, Any]:
    """Load before, while and after the engine's files fail. Counts what was refused and what was answered.

    `failing` is the time between the first refused call and the moment before the files are well again.
    """
    async with AcknowledgedLog(log) as noted, clients(address, noted, plan) as calling:
        tally, loading = calling.tally, asyncio.create_task(outcomes_of(calling, plan))
        await reached(lambda: tally.outcomes >= plan.requests // 4)
        begin()
        failed = sum(tally.failures.values())
        await reached(lambda: sum(tally.failures.values()) > failed)
        since = time.monotonic()
        await reached(lambda: sum(tally.failures.values()) >= failed + FAILURES)
        full, until_ = tally.outcomes, time.monotonic()
        end()
        await loading
        return {
            "failures": sum(tally.failures.values()),
            "answered_before": full,
            "answered_after": tally.outcomes - full,
            "failing": (since, until_),
        }


def recorded_within(log: Path, window: tuple[float, float]) -> int:
    """New outcomes that were asked for and acknowledged while every write failed: there must be none."""
    lines = [line for line in read_logs([log]) if line["k"] == "outcome" and line["s"] in RECORDED]
    return sum(window[0] <= line["t0"] and line["t1"] <= window[1] for line in lines)


async def reached(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Waits in the loop for something that must happen."""
    await asyncio.to_thread(until, holds, "the load goes on", seconds)


def full_disk(folder: Path, plan: Plan, *, durability: str = "always", fault: str = "") -> dict[str, Any]:
    """The proof on one server over TCP whose disk fails in the middle: a file-size limit, `ENOSPC` or `EIO`."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    bad = build(folder / "preload", fault) if fault else None
    environment = bad.environment if bad else {}
    with (
        TcpEngine(folder / "engine", durability=durability, environment=environment) as engine,
        Server(folder / "data", catalogue, store=engine.url) as server,
    ):
        begin = bad.begin if bad else lambda: engine.limit_files(engine.written() + ROOM)
        end = bad.end if bad else lambda: engine.limit_files(-1)
        seen = asyncio.run(on_a_bad_disk(server.address, plan, log, begin, end))
        asyncio.run(archived(server))
        deaths = engine.deaths
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    window = seen.pop("failing")
    if fault:
        seen["ok_while_it_failed"] = recorded_within(log, window)
    return {**counted, **seen, "kills": {}, "engine_deaths": deaths}
