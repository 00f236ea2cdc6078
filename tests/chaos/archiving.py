"""Proof 7: archivers killed at random points, two zombies that wake up stale, a flipped byte: exactly once, and found.

The journal is filled by clients meanwhile, so that acknowledged answers are held against the archive.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.errors import NbaError
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import backend, freeze, thaw
from tests.chaos.fleet import Server
from tests.chaos.load import Plan, clients, drive
from tests.chaos.pressure import archived, told
from tests.chaos.recount import recount
from tests.chaos.rows import archive_files
from tests.integration import archive_process

STEPS = ("read", "written", "committed", "verified", "trimmed")
ZOMBIES = 2
CALM_S = 20.0
"""How long an archiver may take that is to die at a step, or that was woken."""


def hatchery() -> ForkServerContext:
    """Archivers are forked from a process that has everything loaded: a hundred of them start in seconds."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])
    return context


def archive_until(url: str, folder: str, step: str, nth: int) -> None:
    """What an archiver process does: dies with SIGKILL when it reaches a step for the nth time; ends when it is too late."""
    with contextlib.suppress(NbaError):
        asyncio.run(archive_process.main(url, folder, step, nth))


def killed_at_random(url: str, archive: Path, kills: int, seed: int, end: float) -> tuple[int, int]:
    """(killed, zombies): archivers one after the other, killed at a step or a random moment; two sleep over the next ones."""
    draw, done, context = random.Random(seed), 0, hatchery()
    sleeping: list[ForkServerProcess] = []
    while (done < kills or not sleeping) and time.monotonic() < end:
        by_step = draw.random() < 0.6
        step, nth = draw.choice(STEPS) if by_step else "never", draw.randint(1, 6)
        process = context.Process(target=archive_until, args=(url, str(archive), step, nth))
        process.start()
        if len(sleeping) < ZOMBIES and draw.random() < 0.3:
            process.join(draw.uniform(0.02, 0.2))
            if process.exitcode is None:
                freeze(process.pid or 0)
                sleeping.append(process)
            continue
        process.join(CALM_S if by_step else draw.uniform(0.05, 0.6))
        done += ended(process) == -signal.SIGKILL
    for process in sleeping:
        thaw(process.pid or 0)
        process.join(CALM_S)
        ended(process)
    return done, len(sleeping)


def ended(process: ForkServerProcess) -> int | None:
    """Its exit code, after SIGKILL where it still runs."""
    if process.exitcode is None:
        process.kill()
        process.join()
    return process.exitcode


def run(folder: Path, engine_name: str, plan: Plan, *, kills: int, seconds: float) -> dict[str, Any]:
    """The proof on an engine."""
    catalogue = world.write_catalogue(folder / "catalogue")
    log = folder / "clients.jsonl"
    with (
        backend(engine_name, folder) as engine,
        Server(folder / "data", catalogue, store=engine.url, options=engine.options) as server,
    ):
        started = time.monotonic()
        archive = folder / "data" / "archive"

        async def go() -> tuple[Any, tuple[int, int]]:
            async with AcknowledgedLog(log) as noted, clients(server.address, noted, plan) as calling:
                killing = asyncio.create_task(
                    asyncio.to_thread(
                        killed_at_random, str(server.facts["store"]), archive, kills, 1, started + seconds
                    )
                )
                await drive(calling, plan)
                return calling.tally, await killing

        tally, (killed, zombies) = asyncio.run(go())
        spent = time.monotonic() - started
        asyncio.run(archived(server))
    counted = recount(world.spec(), archive, [log])
    found = flipped_byte(archive, 1)
    return {
        **counted,
        "kills": {"archiver": killed},
        "zombies": zombies,
        "flipped_byte_found": found,
        "archive_missing": counted["lost_decisions"] + counted["lost_outcomes"],
        **told(tally, spent),
    }


def flipped_byte(archive: Path, seed: int) -> bool:
    """Flips one byte in the middle of a data file; whether the archive names that file. The byte is flipped back."""
    path = max(archive_files(archive), key=os.path.getsize)
    content = bytearray(path.read_bytes())
    place = random.Random(seed).randrange(len(content) // 4, len(content) // 2)
    content[place] ^= 0x10
    path.write_bytes(content)
    try:
        return any(path.name in fault.file for fault in ArchiveReader(archive).verify())
    finally:
        content[place] ^= 0x10
        path.write_bytes(content)
