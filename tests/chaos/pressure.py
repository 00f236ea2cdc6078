"""Proof 1: not one contact too many while servers and the store are killed under load."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.redis.store import Store
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import Backend, backend
from tests.chaos.fleet import Server
from tests.chaos.kill import Killer, Target
from tests.chaos.load import Plan, Tally, clients, drive
from tests.chaos.recount import recount


async def under_kills(
    server: Server, plan: Plan, log: Path, targets: list[Target], *, by_answers: bool = False
) -> tuple[Tally, dict[str, int]]:
    """Drives the load while the targets are killed, by the clock or by the number of answers."""
    stop = asyncio.Event()
    async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
        killer = Killer(targets, (lambda: calling.tally.answered) if by_answers else time.monotonic)
        killing = asyncio.create_task(killer.run(stop))
        tally = await drive(calling, plan)
        stop.set()
        await killing
    return tally, dict(killer.kills)


async def archived(server: Server) -> None:
    """Moves what is left in the journal into the archive, while the server runs."""
    store = await Store.open(str(server.facts["store"]), kind="any")
    try:
        await Archiver(store, server.data / "archive").drain()
    finally:
        await store.close()


def targets_of(server: Server, engine: Backend, *, worker: float, store: float) -> list[Target]:
    """Workers in turn, and the engine where there is one only."""
    targets = [Target("server", worker, server.workers)]
    if engine.cluster is None:
        targets.append(Target("engine", store, lambda: [engine.tcp.pid if engine.tcp else server.engine()]))
    return targets


def run(folder: Path, engine_name: str, plan: Plan, *, worker: float, store: float) -> dict[str, Any]:
    """The proof on an engine: counts of the recount, of the load and of the kills."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(engine_name, folder) as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        started = time.monotonic()
        targets = targets_of(server, engine, worker=worker, store=store)
        tally, kills = asyncio.run(under_kills(server, plan, log, targets))
        seconds = time.monotonic() - started
        asyncio.run(archived(server))
    counted = recount(world.spec(), folder / "data" / "archive", [log])
    return {**counted, "kills": kills, "load_seconds": round(seconds, 1), **told(tally, seconds)}


def told(tally: Tally, seconds: float) -> dict[str, Any]:
    """What the clients saw, for the table."""
    return {
        "answered": tally.answered,
        "answers_per_second": round(tally.answered / seconds),
        "given_up": tally.given_up,
        "failed_attempts": dict(tally.failures),
        "refused_for_good": sum(tally.refused.values()),
        "refused": dict(tally.refused),
    }
