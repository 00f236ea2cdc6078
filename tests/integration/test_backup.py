"""Backup and restore: store and archive together, from a running server or at rest, refused when damaged."""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.backup.making import Place, back_up
from nba_server.adapters.backup.manifest import Manifest
from nba_server.adapters.backup.restoring import restore
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.cli import nba
from nba_server.errors import FailedPrecondition
from tests.integration.archive_damage import data_files, flip, tear
from tests.integration.archive_journal import bought, buy, once_each, poison
from tests.store.test_case_file import FILE, OPEN

SMALL = ArchiverSettings(batch_rows=20, keep_ms=0)


async def _nba(*arguments: str | Path) -> Result:
    """Runs the command in a thread: it has an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, nba, list(map(str, arguments)))


async def _filled(data: Path) -> None:
    """A data folder at rest: 60 entries archived, 40 of them trimmed, 30 more in the journal, a poison entry, a catalogue."""
    with EmbeddedEngine.start(data, durability="everysec") as engine:
        store = await Store.open(engine.url, seed=1)
        await buy(store, 40)
        archiver = Archiver(store, data / "archive", SMALL)
        await archiver.drain()
        await archiver.trim()
        await poison(store)
        await buy(store, 20, first=40)
        await Archiver(store, data / "archive").drain()
        await buy(store, 30, first=60)
        await store.snapshots.put("cafe", b"catalogue", {})
        await store.snapshots.set_live("cafe")
        await store.artifacts.put_definition("d", b"definition")
        assert all(
            await store.customers.write([CustomerWrite(store.identity.customer("anna"), 0, file=FILE, matters=OPEN)])
        )
        await store.close()


async def _holds(url: str, archive: Path) -> None:
    """The store at the address and the archive hold what `_filled` made: each entry once, the rest as it was."""
    store = await Store.open(url, kind="any")
    assert (store.info.seed, await store.snapshots.live()) == (1, "cafe")
    assert await store.snapshots.get("cafe") == b"catalogue"
    assert await store.artifacts.definition("d") == b"definition"
    (anna,) = (await store.reader.read([store.identity.customer("anna")])).states
    assert (anna.file, anna.matters) == (FILE, OPEN)
    assert len(await store.journal.dead_letters(10)) == 1
    assert bought(archive) == once_each(60)
    await Archiver(store, archive).drain()
    assert bought(archive) == once_each(90)
    await buy(store, 10, first=90)
    await Archiver(store, archive, SMALL).drain()
    assert bought(archive) == once_each(100)
    await store.close()


@pytest.mark.parametrize("name", ["backup", "backup.tar"])
async def test_store_at_rest_comes_back(tmp_path: Path, name: str) -> None:
    """A backup as a folder or as a file brings store and archive back, and both go on where they were."""
    await _filled(tmp_path / "data")
    made = await _nba("backup", tmp_path / name, "--data", tmp_path / "data", "--json")
    assert made.exit_code == 0, made.output
    facts = json.loads(made.stdout)
    assert facts["counts"] == {"customers": 20, "requests": 0, "journal": 51, "dead": 1, "timers": 0}
    assert facts["archive_rows"] == 60
    checked = await _nba("restore", "--check", tmp_path / name)
    assert (checked.exit_code, "is whole" in checked.stdout) == (0, True)
    back = await _nba("restore", tmp_path / name, "--data", tmp_path / "new", "--json")
    assert back.exit_code == 0, back.output
    assert json.loads(back.stdout)["restored"] == facts["counts"]
    with EmbeddedEngine.start(tmp_path / "new", durability="everysec") as engine:
        await _holds(engine.url, tmp_path / "new" / "archive")
    assert _names(tmp_path) == sorted([name, "data", "new"])


async def test_running_store_is_backed_up_without_its_engine_ending(tmp_path: Path) -> None:
    """The engine that runs on the folder makes the snapshot itself, and goes on."""
    data = tmp_path / "data"
    await _filled(data)
    with EmbeddedEngine.start(data, durability="everysec") as engine:
        pid = engine.pid
        await back_up(_place(data), tmp_path / "backup", server_version="1", trial=False)
        assert (engine.alive(), engine.pid) == (True, pid)
        assert not (data / "store" / "dump.rdb").exists()
    await restore(tmp_path / "backup", _place(tmp_path / "new"))
    with EmbeddedEngine.start(tmp_path / "new", durability="everysec") as engine:
        await _holds(engine.url, tmp_path / "new" / "archive")


@pytest.mark.parametrize("form", ["keys", "snapshot"])
async def test_store_by_its_address(engine: EmbeddedEngine, store: Store, tmp_path: Path, form: str) -> None:
    """A store that is not embedded is walked over key by key; either form goes into either kind of store."""
    await _filled(tmp_path / "data")
    target = Place(tmp_path / "unused", engine.url, str(tmp_path / "archive"))
    await back_up(_place(tmp_path / "data"), tmp_path / "backup", server_version="1")
    with pytest.raises(FailedPrecondition, match="There is a store"):
        await restore(tmp_path / "backup", target)
    await _emptied(engine)
    await restore(tmp_path / "backup", target)
    if form == "snapshot":
        await _holds(engine.url, tmp_path / "archive")
        return
    manifest = await back_up(target, tmp_path / "second.tar", server_version="1")
    assert manifest.counts is not None
    assert (manifest.counts.customers, manifest.counts.journal, manifest.counts.dead) == (20, 51, 1)
    await restore(tmp_path / "second.tar", _place(tmp_path / "new"))
    with EmbeddedEngine.start(tmp_path / "new", durability="everysec") as own:
        await _holds(own.url, tmp_path / "new" / "archive")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "bit of the store": lambda folder: flip(folder / "store" / "snapshot.rdb"),
    "bit of the archive": lambda folder: flip(data_files(folder / "archive")[0]),
    "bit of the log": lambda folder: flip(next((folder / "archive").rglob("*1.json"))),
    "bit of the manifest": lambda folder: flip(folder / "manifest.json", 0.3),
    "torn": lambda folder: tear(folder / "store" / "snapshot.rdb", 0.9),
    "missing": lambda folder: data_files(folder / "archive")[0].unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damaged_backup_is_refused(tmp_path: Path, damage: str) -> None:
    """Any damage is found before anything is written, and the message says what it is."""
    await _filled(tmp_path / "data")
    await back_up(_place(tmp_path / "data"), tmp_path / "backup", server_version="1", trial=False)
    DAMAGES[damage](tmp_path / "backup")
    result = await _nba("restore", tmp_path / "backup", "--data", tmp_path / "new")
    assert result.exit_code == 1
    assert "backup" in result.stderr
    assert not (tmp_path / "new").exists()


async def test_torn_tar_is_refused(tmp_path: Path) -> None:
    """A file that lost its end is refused."""
    await _filled(tmp_path / "data")
    await back_up(_place(tmp_path / "data"), tmp_path / "backup.tar", server_version="1", trial=False)
    tear(tmp_path / "backup.tar", 0.7)
    assert (await _nba("restore", tmp_path / "backup.tar", "--data", tmp_path / "new")).exit_code == 1
    assert not (tmp_path / "new" / "store").exists()


async def test_used_places_are_refused(tmp_path: Path) -> None:
    """Nothing is ever overwritten: neither a store, nor an archive, nor a backup."""
    await _filled(tmp_path / "data")
    await back_up(_place(tmp_path / "data"), tmp_path / "backup", server_version="1", trial=False)
    again = await _nba("backup", tmp_path / "backup", "--data", tmp_path / "data")
    assert (again.exit_code, "exists already" in again.stderr) == (1, True)
    archive = str(tmp_path / "data" / "archive")
    for place in (Place(tmp_path / "data", "", str(tmp_path / "new")), Place(tmp_path / "new", "", archive)):
        with pytest.raises(FailedPrecondition, match="holds"):
            await restore(tmp_path / "backup", place)
    with EmbeddedEngine.start(tmp_path / "data", durability="everysec") as engine:
        await _holds(engine.url, tmp_path / "data" / "archive")


async def test_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """A backup with a newer store format is refused with a sentence that says what to use."""
    await _filled(tmp_path / "data")
    made = await back_up(_place(tmp_path / "data"), tmp_path / "backup", server_version="1", trial=False)
    fields = {name: getattr(made, name) for name in Manifest.__dataclass_fields__}
    Manifest(**{**fields, "store_format": "99"}).write(tmp_path / "backup")
    result = await _nba("restore", tmp_path / "backup", "--data", tmp_path / "new")
    assert result.exit_code == 1
    assert "newer version of nba-server" in result.stderr


async def test_damaged_archive_is_not_backed_up(tmp_path: Path) -> None:
    """A backup of a damaged archive would be no backup: the file is named, and nothing is left."""
    await _filled(tmp_path / "data")
    name = flip(data_files(tmp_path / "data" / "archive")[0])
    result = await _nba("backup", tmp_path / "backup.tar", "--data", tmp_path / "data")
    assert result.exit_code == 1
    assert name in result.stderr
    assert "nba archive repair" in result.stderr
    assert _names(tmp_path) == ["data"]


async def test_backup_is_for_its_owner(tmp_path: Path) -> None:
    """Nobody else may read a backup, as it holds the store's secret."""
    await _filled(tmp_path / "data")
    await back_up(_place(tmp_path / "data"), tmp_path / "b.tar", server_version="1", trial=False)
    await back_up(_place(tmp_path / "data"), tmp_path / "b", server_version="1", trial=False)
    assert ((tmp_path / "b.tar").stat().st_mode & 0o077, (tmp_path / "b").stat().st_mode & 0o077) == (0, 0)
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert {"manifest.json", "store/snapshot.rdb"} <= set(tar.getnames())


def _place(data: Path) -> Place:
    return Place(data, "", str(data / "archive"))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def _emptied(engine: EmbeddedEngine) -> None:
    assert ask(engine.socket, "FLUSHALL", timeout_s=10.0) == "+OK"
