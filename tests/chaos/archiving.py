"""Proof 7: archivers killed at random points, two zombies that wake up stale, a flipped byte: exactly once, and found.

The journal is filled by clients meanwhile, so that acknowledged answers are held against the archive.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from nba_server.adapters.archive.reader import ArchiveReader
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import backend, freeze, thaw
from tests.chaos.fleet import Server
from tests.chaos.kill import kill
from tests.chaos.load import Plan, clients, drive
from tests.chaos.pressure import archived, told
from tests.chaos.recount import recount
from tests.chaos.rows import archive_files

STEPS = ("read", "written", "committed", "verified", "trimmed")


def archiver(url: str, archive: Path, step: str = "never", nth: int = 1) -> subprocess.Popen[bytes]:
    """An archiver process that dies with SIGKILL when it reaches a step for the nth time."""
    command = [sys.executable, "-m", "tests.integration.archive_process", url, str(archive), step, str(nth)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def killed_at_random(url: str, archive: Path, kills: int, seed: int, end: float) -> tuple[int, int]:
    """(killed, zombies): archivers one after the other, killed at a step or a random moment; two sleep over the next ones."""
    draw, done, zombies = random.Random(seed), 0, 0
    sleeping: list[subprocess.Popen[bytes]] = []
    while done < kills and time.monotonic() < end:
        by_step = draw.random() < 0.6
        process = archiver(url, archive, draw.choice(STEPS) if by_step else "never", draw.randint(1, 6))
        if zombies < 2 and draw.random() < 0.3:
            time.sleep(0.8 + draw.random())
            if process.poll() is None:
                freeze(process.pid)
                sleeping.append(process)
                zombies += 1
                continue
        try:
            process.wait(draw.uniform(0.5, 2.5) if not by_step else 20)
        except subprocess.TimeoutExpired:
            kill(process.pid)
        done += process.wait() == -signal.SIGKILL
    for process in sleeping:
        thaw(process.pid)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            kill(process.pid)
            process.wait()
    return done, zombies


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
