"""The whole training on the real store and a real archive: journal to live model, and every way in which it must not end so."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.date import DateTrigger
from click.testing import CliRunner
from click.testing import Result as CommandResult

from nba_models.definition import ModelDefinition, digest
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.model_watcher import ModelWatcher
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerRef, CustomerWrite
from nba_server.commands.models import models
from nba_server.errors import FailedPrecondition
from nba_training.command import train
from nba_training.job import Status, TrainingJob
from nba_training.lease import LEASE
from nba_training.schedule import run_on, trigger
from nba_training.source import Silent
from tests.unit.training.world import DEFINITION, Item, catalogue, contact, end_of, history

CONTACTS = 3_000


async def _journal(store: Store, items: Sequence[Item], to_ms: int) -> None:
    """The entries in the journal of their customers, the catalogue live, and the clock behind all windows."""
    compiled = catalogue()
    await store.snapshots.put(compiled.hash, compiled.canonical, {"name": "world", "actions": "4"})
    await store.snapshots.set_live(compiled.hash, note="test")
    by_customer: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for item in items:
        ref = getattr(item.entry, item.kind).customer_ref
        by_customer[ref].append((item.kind, item.entry.SerializeToString()))
    writes = [
        CustomerWrite(CustomerRef(ref, int(ref[:4], 16) % store.info.buckets), 0, entries=tuple(entries))
        for ref, entries in by_customer.items()
    ]
    assert all(await store.customers.write(writes))
    await store.clock.advance(to_ms)


@pytest.fixture
async def told(replay_store: Store) -> Store:
    """A store whose journal holds the small world's history."""
    items = history(CONTACTS, 1)
    await _journal(replay_store, items, end_of(items))
    return replay_store


async def test_journal_becomes_a_live_model(told: Store, tmp_path: Path) -> None:
    """One run archives what is in the journal, learns, promotes; a server follows; a second run finds nothing better."""
    job = TrainingJob(told, tmp_path / "archive", DEFINITION, reports=tmp_path / "reports")
    result = await job.run("first")
    assert (result.status, result.reasons) == (Status.PROMOTED, ())
    assert await told.artifacts.live() == result.version
    assert result.report["read"]["rows"] == CONTACTS
    assert result.report["test"]["live_version"] == "prior"
    assert json.loads(await ModelRegistry(told.artifacts).report(result.version))["status"] == "promoted"
    assert b"</html>" in (tmp_path / "reports" / f"{result.version}.html").read_bytes()

    watcher = ModelWatcher(told.artifacts, DEFINITION, poll_s=3600)
    await watcher.start()
    try:
        assert watcher.live.version == result.version
    finally:
        await watcher.stop()

    await told.clock.advance(await told.clock.now() + 1_000)
    again = await job.run("second")
    assert again.status is Status.REFUSED
    assert again.report["test"]["live_version"] == result.version
    assert again.report["gain"]["value"] == 0.0, "the same rows give the same model"
    assert "gain over" in again.reasons[0]
    assert await told.artifacts.live() == result.version
    listed = {info.version: info.refused for info in await ModelRegistry(told.artifacts).list()}
    assert "gain over" in listed[again.version]


async def test_too_little_is_refused_with_reasons(replay_store: Store, tmp_path: Path) -> None:
    """With forty contacts nothing is fitted and nothing published, and the report says what is missing."""
    items = history(40, 1)
    await _journal(replay_store, items, end_of(items))
    result = await TrainingJob(replay_store, tmp_path / "archive", DEFINITION, reports=tmp_path).run()
    assert (result.status, result.version) == (Status.REFUSED, "")
    assert any(reason.startswith("rows:") for reason in result.reasons)
    assert await replay_store.artifacts.list() == []
    assert len(_pages(tmp_path)) == 1


def _pages(folder: Path) -> list[Path]:
    return list(folder.glob("small-*-refused.html"))


async def test_empty_journal_is_refused(replay_store: Store, tmp_path: Path) -> None:
    """A fresh store has nothing to learn from: refused, not an error."""
    await _journal(replay_store, [], 1_770_000_000_000)
    result = await TrainingJob(replay_store, tmp_path / "archive", DEFINITION).run()
    assert result.status is Status.REFUSED


async def test_second_trainer_is_sent_away(told: Store, tmp_path: Path) -> None:
    """While another trainer holds the lease, a run ends at once and touches nothing."""
    assert await told.leases.acquire(LEASE, 60_000, "somebody else")
    result = await TrainingJob(told, tmp_path / "archive", DEFINITION).run()
    assert result.status is Status.BUSY
    assert ArchiveReader(tmp_path / "archive").version == -1


@dataclass
class Frozen(Silent):
    """A watch that loses the lease to another trainer while the model is fitted, as a frozen process would."""

    store: Store
    loop: asyncio.AbstractEventLoop

    def step(self, name: str) -> None:
        """Takes the lease away at the fit, which runs in a thread."""
        if name == "Fitting":
            asyncio.run_coroutine_threadsafe(self._lose(), self.loop).result()

    async def _lose(self) -> None:
        await self.store.leases.release(LEASE, 1)  # the first fence of a fresh store
        assert await self.store.leases.acquire(LEASE, 60_000, "a newer trainer")


async def test_stale_trainer_cannot_promote(told: Store, tmp_path: Path) -> None:
    """A trainer whose lease was taken over while it fitted publishes nothing."""
    watch = Frozen(told, asyncio.get_running_loop())
    with pytest.raises(FailedPrecondition, match="newer trainer"):
        await TrainingJob(told, tmp_path / "archive", DEFINITION, watch=watch).run()
    assert await told.artifacts.live() == ""
    assert await told.artifacts.list() == []


async def test_pointer_does_not_move_for_a_stale_fence(told: Store, tmp_path: Path) -> None:
    """Even at the last moment the store itself compares the fence."""
    result = await TrainingJob(told, tmp_path / "archive", DEFINITION).run()
    await told.artifacts.set_live("", note="back")
    old = await told.leases.acquire(LEASE, 60_000, "one")
    assert old is not None
    await told.leases.release(LEASE, old)
    assert await told.leases.acquire(LEASE, 60_000, "two")
    with pytest.raises(FailedPrecondition, match="newer trainer"):
        await ModelRegistry(told.artifacts).promote(result.version, "late", fence=old)
    assert await told.artifacts.live() == ""


async def test_damaged_live_model_does_not_end_the_trainer(told: Store, tmp_path: Path) -> None:
    """When the live artifact cannot be loaded, the challenger is compared with the prior, and the report says why."""
    await told.artifacts.put("small-20260101T000000-0123456789ab", {"manifest.json": b"{}"}, {})
    await told.artifacts.set_live("small-20260101T000000-0123456789ab", note="bad luck")
    result = await TrainingJob(told, tmp_path / "archive", DEFINITION).run()
    assert result.status is Status.PROMOTED
    assert "manifest" in result.report["test"]["live_damaged"]


async def test_model_with_other_features_is_a_fair_opponent(told: Store, tmp_path: Path) -> None:
    """A live model keeps its own features in the comparison, also those that the challenger's definition dropped."""
    first = await TrainingJob(told, tmp_path / "archive", DEFINITION).run()
    kept = tuple(feature for feature in DEFINITION.features if feature.name != "customer.age")
    poorer = replace(DEFINITION, features=kept, text="")
    second = await TrainingJob(told, tmp_path / "archive", _rehashed(poorer)).run()
    assert second.status is Status.REFUSED
    live = second.report["test"]["live"]
    assert live["log_loss"] == pytest.approx(first.report["test"]["challenger"]["log_loss"], rel=1e-12)
    assert second.report["gain"]["value"] < 0


def _rehashed(definition: ModelDefinition) -> ModelDefinition:
    return replace(definition, hash=digest(definition))


async def test_schedule_runs_the_job_and_waits_for_it() -> None:
    """A tick runs the job once; stopping waits for the run that is at work."""
    stop, began, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def job() -> None:
        began.set()
        stop.set()
        await asyncio.to_thread(int)
        ended.set()

    async with asyncio.timeout(20):
        await run_on(DateTrigger(), job, stop)
    assert began.is_set()
    assert ended.is_set()


@pytest.mark.parametrize("wrong", [{}, {"cron": "0 3 * * *", "every_s": 5}, {"cron": "often"}, {"every_s": 0.5}])
def test_wrong_schedule_is_told(wrong: dict[str, Any]) -> None:
    """Neither, both, or a cron expression that is none: a `ValueError` with the reason."""
    with pytest.raises(ValueError):
        trigger(**wrong)


async def _command(command: Any, *arguments: str) -> CommandResult:
    return await asyncio.to_thread(CliRunner().invoke, command, list(arguments))


async def test_commands_train_list_show_and_roll_back(told: Store, engine: EmbeddedEngine, tmp_path: Path) -> None:
    """`nba train --once` ends with 0 when it promotes and with 3 when it refuses; `nba models` shows and undoes it."""
    definition = tmp_path / "small.yaml"
    definition.write_text(DEFINITION.text, encoding="utf-8")
    place = ("--store", engine.url, "--archive", str(tmp_path / "archive"))
    first = await _command(train, "--once", "--definition", str(definition), "--json", *place)
    assert first.exit_code == 0, first.output
    version = json.loads(first.stdout)["version"]
    reports = tmp_path / "reports"
    second = await _command(
        train, "--once", "--definition", str(definition), "--tune", "2", "--reports", str(reports), *place
    )
    assert second.exit_code == 3
    (told_of,) = (json.loads(path.read_bytes()) for path in reports.glob("*.json"))
    assert told_of["tuning"]["trials"] == 2
    page = next(reports.glob("*.html")).read_text(encoding="utf-8")
    for part in ("2 trials in", "<h2>Funnel</h2>", "<h2>Gain</h2>", "<h2>What changes</h2>", "<h2>Calibration</h2>"):
        assert part in page
    assert "refused" in second.stdout
    assert "gain over" in second.stdout

    store = ("--store", engine.url)
    listed = json.loads((await _command(models, "list", "--json", *store)).stdout)["models"]
    assert [model["live"] for model in listed if model["version"] == version] == [True]
    shown = await _command(models, "show", "--html", str(tmp_path / "report.html"), *store)
    assert version in shown.stdout
    assert "passed  AUC" in shown.stdout
    assert "<!doctype html>" in (tmp_path / "report.html").read_text(encoding="utf-8")
    back = await _command(models, "rollback", "--note", "test", *store)
    assert back.stdout.strip() == "the priors serve"
    assert await told.artifacts.live() == ""
    again = await _command(models, "promote", version, "--note", "test", *store)
    assert again.exit_code == 0
    assert await told.artifacts.live() == version


async def test_contact_of_today_waits_for_its_window(replay_store: Store, tmp_path: Path) -> None:
    """What was sent yesterday is read and left out as immature."""
    items = history(400, 2)
    items.append(contact("x:new", "alpha", end_of(items) - 1_000, 77_777))
    await _journal(replay_store, items, items[-1].at_ms + 86_400_000)
    result = await TrainingJob(replay_store, tmp_path / "archive", DEFINITION).run()
    assert result.report["read"]["skipped"] == {"immature": 1}
