"""Proofs that need no fleet of processes: the mutant that must be caught, and the traces against the model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.bootstrap import serving
from nba_server.settings import Settings
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.engines import TcpEngine
from tests.chaos.load import Plan, clients, drive
from tests.chaos.mutant import no_recheck
from tests.chaos.recount import recount
from tests.chaos.traces import run_traces


async def with_mutant(folder: Path, url: str, plan: Plan) -> dict[str, Any]:
    """The recount of a server whose store script does not look a second time; the server runs in this process."""
    catalogue, log_path = world.write_catalogue(folder / "catalogue"), folder / "mutant.jsonl"
    settings = Settings(store=url, catalog=catalogue, data=folder, listen="127.0.0.1:0", metrics="")
    with no_recheck():
        async with serving(settings, CollectorRegistry()) as server:
            address = f"127.0.0.1:{server.port}"
            async with AcknowledgedLog(log_path) as log, clients(address, log, plan) as calling:
                await drive(calling, plan)
            await Archiver(server.store, settings.archive_location).drain()
    return recount(world.spec(), folder / "archive", [log_path])


def mutant(folder: Path) -> dict[str, Any]:
    """The mutant must be caught: `caught` and by how many violations. They are not the server's."""
    plan = Plan(requests=2_000, seconds=30, run="mutant", customers=40, connections=4)
    with TcpEngine(folder / "engine") as engine:
        counted = asyncio.run(with_mutant(folder, engine.url, plan))
    if not counted["limit_violations"]:
        raise AssertionError("the recount did not catch a server that breaks limits on purpose")
    return {"caught": True, "violations_of_the_mutant": counted["limit_violations"], "kills": {}}


def traces(folder: Path, *, number: int) -> dict[str, Any]:
    """Random traces until the first difference."""
    with EmbeddedEngine.start(folder / "data", durability="everysec") as engine:
        try:
            ran = run_traces(engine.url, folder / "catalogues", traces=number)
        except AssertionError as difference:
            return {"model_divergences": 1, "kills": {}, "difference": "\n".join(_notes(difference))}
    return {**ran, "model_divergences": 0, "kills": {}}


def _notes(error: BaseException) -> list[str]:
    return [str(error), *getattr(error, "__notes__", [])]
