"""The proofs of `make chaos` in short: the same programs on less load, counts only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.settings import Settings
from tests.chaos import world
from tests.chaos.acknowledged import AcknowledgedLog
from tests.chaos.archiving import flipped_byte, killed_at_random
from tests.chaos.engines import Backend, TcpEngine
from tests.chaos.fleet import Server
from tests.chaos.frozen import proof
from tests.chaos.load import Plan, clients, drive
from tests.chaos.mutant import no_recheck
from tests.chaos.outcomes import on_a_bad_disk
from tests.chaos.pressure import archived, targets_of, under_kills
from tests.chaos.recount import recount
from tests.chaos.repeats import three_times
from tests.chaos.traces import run_traces
from tests.integration.running import running_server

pytestmark = pytest.mark.timeout(300)
"""Several processes of their own on a busy machine: longer than a test of one process."""

NEVER = ("limit_violations", "lost_decisions", "lost_outcomes", "archive_duplicates", "double_effects")
NOR = ("unequal_answers", "rows_unlike_answers", "unexplained_rows")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`nba serve` with two workers and its own engine."""
    folder = tmp_path_factory.mktemp("chaos")
    with Server(folder / "data", world.write_catalogue(folder / "catalogue")) as server:
        yield server


async def test_no_contact_too_many_while_processes_are_killed(fleet: Server, tmp_path: Path) -> None:
    """Servers and engine killed under load: no limit is broken, nothing acknowledged is lost, nothing counts twice."""
    plan = Plan(requests=560, seconds=200, run="kills", customers=20, patience_s=120)
    targets = targets_of(fleet, Backend("embedded"), worker=320, store=240)
    tally, kills = await under_kills(fleet, plan, tmp_path / "log", targets, by_answers=True)
    await archived(fleet)
    counted = recount(world.spec(), fleet.data / "archive", [tmp_path / "log"])
    assert kills["server"] >= 1
    assert kills["engine"] >= 1
    assert {name: counted[name] for name in (*NEVER, *NOR)} == dict.fromkeys((*NEVER, *NOR), 0)
    assert (tally.given_up, tally.refused) == (0, {})
    assert counted["acknowledged_decisions"] == 560
    assert counted["met_a_limit"] >= 0.3 * counted["decisions"]
    assert counted["raced_for_the_last_slot"] >= 0.1 * counted["decisions"]


async def test_three_copies_of_a_request_are_one(fleet: Server, tmp_path: Path) -> None:
    """Copies at once, later, and after kills: one effect, and the same answer byte for byte."""
    plan = Plan(requests=150, seconds=200, run="copies", customers=10, patience_s=120)
    tally = await three_times(fleet, Backend("embedded"), plan, tmp_path / "log", every=200)
    await archived(fleet)
    counted = recount(world.spec(), fleet.data / "archive", [tmp_path / "log"])
    assert tally.answered == 450, (tally.refused, tally.failures)
    assert set(tally.kills) == {"server", "engine"}
    assert counted["acknowledged_decisions"] == 150
    assert {name: counted[name] for name in NEVER + NOR[:2]} == dict.fromkeys(NEVER + NOR[:2], 0)


async def test_a_frozen_store_offers_nothing_unreserved(fleet: Server, tmp_path: Path) -> None:
    """While the engine is frozen no answer is OK that the journal does not have; afterwards it serves by itself."""
    seen = await proof(fleet, fleet.engine(), tmp_path / "log", before_s=1.0, frozen_s=4.0, after_s=1.5, clients=4)
    await archived(fleet)
    counted = recount(world.spec(), fleet.data / "archive", [tmp_path / "log"])
    assert seen["codes_frozen"].pop("UNAVAILABLE") > 0
    assert set(seen["codes_frozen"]) <= {"DEADLINE_EXCEEDED"}, "while a worker does not know yet how fast its store is"
    assert counted["acknowledged_decisions"] > 0
    assert (counted["lost_decisions"], counted["rows_unlike_answers"]) == (0, 0)


async def test_archivers_that_die_lose_and_double_nothing(fleet: Server, tmp_path: Path) -> None:
    """Archivers killed at steps and at random moments, one asleep over the next: every row once, and a flipped byte is found.

    The load goes on until all have died: an archiver that finds nothing to do ends by itself.
    """
    plan = Plan(requests=40_000, seconds=200, run="archive", customers=10, crews=1)
    async with AcknowledgedLog(tmp_path / "log") as log, clients(fleet.address, log, plan) as calling:
        end = time.monotonic() + 200
        store, archive = str(fleet.facts["store"]), fleet.data / "archive"
        killing = asyncio.create_task(asyncio.to_thread(killed_at_random, store, archive, 4, 3, end))
        await drive(calling, plan, stop=killing.done)
        killed, zombies = await killing
    await archived(fleet)
    counted = recount(world.spec(), archive, [tmp_path / "log"])
    assert killed >= 4
    assert zombies > 0
    assert {name: counted[name] for name in NEVER} == dict.fromkeys(NEVER, 0)
    assert flipped_byte(archive, 1)


async def test_a_full_disk_is_an_error_and_never_ok(tmp_path: Path) -> None:
    """Outcomes that could not be written are refused; all that were acknowledged are in the archive, once."""
    catalogue = world.write_catalogue(tmp_path / "catalogue")
    plan = Plan(requests=300, seconds=200, run="disk", crews=2, crew_size=4, connections=2)
    with TcpEngine(tmp_path / "engine") as engine:
        settings = Settings(store=engine.url, catalog=catalogue, data=tmp_path, listen="127.0.0.1:0", metrics="")
        async with running_server(settings) as server:
            seen = await on_a_bad_disk(
                server.address,
                plan,
                tmp_path / "log",
                lambda: engine.limit_files(engine.written() + 1_000),
                lambda: engine.limit_files(-1),
            )
            await Archiver(server.serving.store, settings.archive_location).drain()
    counted = recount(world.spec(), tmp_path / "archive", [tmp_path / "log"])
    assert seen["failures"] > 0
    assert seen["answered_after"] > 0
    assert {name: counted[name] for name in NEVER} == dict.fromkeys(NEVER, 0)


async def test_a_store_that_does_not_check_again_is_caught(engine: EmbeddedEngine, tmp_path: Path) -> None:
    """The recount finds the violations of a server whose store script does not look at the limits a second time."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    catalogue = world.write_catalogue(tmp_path / "catalogue")
    settings = Settings(store=engine.url, catalog=catalogue, data=tmp_path, listen="127.0.0.1:0", metrics="")
    plan = Plan(requests=400, seconds=200, run="mutant", customers=20, connections=4)
    with no_recheck():
        async with running_server(settings) as server:
            async with AcknowledgedLog(tmp_path / "log") as log, clients(server.address, log, plan) as calling:
                await drive(calling, plan)
            await Archiver(server.serving.store, settings.archive_location).drain()
    counted = recount(world.spec(), tmp_path / "archive", [tmp_path / "log"])
    assert counted["limit_violations"] > 10
    assert counted["lost_decisions"] == 0


def test_the_engine_does_as_the_reference_model_says(engine: EmbeddedEngine, tmp_path: Path) -> None:
    """Random sequences of everything that touches a customer, on the replay clock: no difference from the model."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    ran = run_traces(engine.url, tmp_path, traces=60)
    assert ran["traces"] >= 60
