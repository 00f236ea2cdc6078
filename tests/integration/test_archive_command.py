"""`nba archive`: archives once, tells rows and lag, names damaged files, prints entries."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from nba_server.adapters.archive.table import table_place
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.cli import nba
from tests.integration.archive_damage import data_files
from tests.integration.archive_journal import bought, buy, once_each, poison


async def _nba(*arguments: str) -> Result:
    """Runs the command in a thread: it has an event loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, nba, ["archive", *arguments])


def _places(engine: EmbeddedEngine, folder: Path) -> list[str]:
    return ["--store", engine.url, "--archive", str(folder), "--data", str(folder / "no-data")]


def _flip(folder: Path) -> str:
    """Changes one bit of the only file; its name."""
    (file,) = Path(table_place(folder)).rglob("*.parquet")
    content = bytearray(file.read_bytes())
    content[len(content) // 3] ^= 4
    file.write_bytes(content)
    return file.name


async def test_run_once_archives_what_is_there(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """`nba archive run --once` archives all entries and says how many."""
    await buy(store, 30)
    result = await _nba("run", "--once", "--json", *_places(engine, tmp_path))
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"archived": 30}
    assert bought(tmp_path) == once_each(30)


async def test_run_ends_at_a_signal(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """As a process of its own the archiver works until SIGTERM, gives the lease back and ends with success."""
    await buy(store, 5)
    command = [sys.executable, "-m", "nba_server", "archive", "run", "--keep", "0", *_places(engine, tmp_path)]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(30):
        while await store.journal.length():  # trimmed when archived and read back
            continue
    child.send_signal(signal.SIGTERM)
    output, _ = await child.communicate()
    assert child.returncode == 0
    assert b"5 entries archived" in output
    assert await store.leases.acquire("archiver", 1_000, "the test") is not None


async def test_status_tells_rows_and_journal(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Status counts rows and files of the archive, entries of the journal and dead letters."""
    await buy(store, 30)
    await poison(store)
    await _nba("run", "--once", *_places(engine, tmp_path))
    result = await _nba("status", "--json", *_places(engine, tmp_path))
    facts = json.loads(result.stdout)
    assert (facts["archive"]["rows"], facts["archive"]["files"]) == (30, 1)
    assert facts["journal"] == {"entries": 31, "lag_ms": 0, "dead": 1}
    text = (await _nba("status", *_places(engine, tmp_path))).stdout
    assert "30 in 1 files" in text
    assert "1 dead letters" in text


async def test_status_without_a_server(tmp_path: Path) -> None:
    """Without a server the archive alone is told."""
    result = await _nba("status", "--data", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert "no server runs" in result.stdout


async def test_run_without_a_server_says_what_to_do(tmp_path: Path) -> None:
    """The archiver needs a store: without one the command fails with one sentence."""
    result = await _nba("run", "--once", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "start `nba serve`" in result.stderr


async def test_verify_names_the_damaged_file(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Verify passes a whole archive, and fails with the file's name when a byte has changed."""
    await buy(store, 30)
    await _nba("run", "--once", *_places(engine, tmp_path))
    whole = await _nba("verify", *_places(engine, tmp_path))
    assert (whole.exit_code, whole.stdout) == (0, "1 of 1 files are whole, 30 rows in all\n")
    name = _flip(tmp_path)
    result = await _nba("verify", "--json", *_places(engine, tmp_path))
    assert result.exit_code == 1
    assert name in json.loads(result.stdout)["faults"][0]["file"]


async def test_export_prints_entries(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Export prints one entry a line, or one array, and filters by kind and time."""
    await buy(store, 3)
    await _nba("run", "--once", *_places(engine, tmp_path))
    lines = (await _nba("export", *_places(engine, tmp_path))).stdout.splitlines()
    assert {json.loads(line)["purchase"]["purchase_id"] for line in lines} == {"0", "1", "2"}
    array = json.loads((await _nba("export", "--json", "--kind", "purchase", *_places(engine, tmp_path))).stdout)
    assert [item["kind"] for item in array] == ["purchase"] * 3
    assert (
        json.loads((await _nba("export", "--json", "--until", "2001-01-01", *_places(engine, tmp_path))).stdout) == []
    )


async def test_repair_rebuilds_and_says_how(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Repair exits with 0 when all is rebuilt from the journal, and verify finds nothing afterwards."""
    await buy(store, 30)
    await _nba("run", "--once", *_places(engine, tmp_path))
    healthy = await _nba("repair", *_places(engine, tmp_path))
    assert (healthy.exit_code, healthy.stdout) == (0, "no file is damaged\n")
    name = _flip(tmp_path)
    told = await _nba("repair", "--dry-run", *_places(engine, tmp_path))
    assert (told.exit_code, (await _nba("verify", *_places(engine, tmp_path))).exit_code) == (0, 1)
    assert name in told.stdout
    done = await _nba("repair", *_places(engine, tmp_path))
    assert done.exit_code == 0
    assert "1 damaged files rebuilt, 0 entries lost" in done.stdout
    assert (await _nba("verify", *_places(engine, tmp_path))).exit_code == 0
    assert bought(tmp_path) == once_each(30)


async def test_repair_says_what_is_lost(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Repair exits with 3 when entries are lost, and tells how many and which, for people and for programs."""
    await buy(store, 30)
    await _nba("run", "--once", *_places(engine, tmp_path))
    (file,) = data_files(tmp_path)
    file.unlink()
    told = await _nba("repair", "--dry-run", "--no-journal", *_places(engine, tmp_path))
    assert told.exit_code == 3
    assert "lost: up to 30 of buckets 0 to 255, 20" in told.stdout
    done = await _nba("repair", "--no-journal", "--json", *_places(engine, tmp_path))
    assert (done.exit_code, json.loads(done.stdout)["files"][0]["lost"]) == (3, 30)
    assert (await _nba("verify", *_places(engine, tmp_path))).exit_code == 0


async def test_repair_without_a_store_must_be_wanted(tmp_path: Path) -> None:
    """Without a server the journal cannot help: the command says so instead of giving entries up."""
    result = await _nba("repair", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "no server runs" in result.stderr


async def test_dead_letters_are_listed_with_reasons(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """Dead letters are listed with place and reason; what still cannot be read stays, and retry exits with 1."""
    assert (await _nba("dead", *_places(engine, tmp_path))).stdout == "no dead letters\n"
    await poison(store)
    await _nba("run", "--once", *_places(engine, tmp_path))
    listed = await _nba("dead", *_places(engine, tmp_path))
    assert listed.exit_code == 0
    assert "purchase, 2 bytes: the payload is no journal entry" in listed.stdout
    again = await _nba("dead", "--retry", *_places(engine, tmp_path))
    assert again.exit_code == 1
    assert "0 put back, 1 still cannot be read" in again.stdout


async def test_dead_letters_go_back_once(engine: EmbeddedEngine, store: Store, tmp_path: Path) -> None:
    """An entry that this version can read goes back to the journal, is archived once, and is no dead letter any more."""
    await buy(store, 3)
    (record, *_) = await store.journal.read({}, 10)
    await store.journal.dead_letter(record, "the payload is 'empty'")
    listed = json.loads((await _nba("dead", "--json", *_places(engine, tmp_path))).stdout)
    assert [entry["readable"] for entry in listed["dead"]] == [True]
    assert (await _nba("dead", "--retry", *_places(engine, tmp_path))).exit_code == 0
    assert await store.journal.dead_letters(10) == []
    assert await store.journal.length() == 3
    await _nba("run", "--once", *_places(engine, tmp_path))
    assert bought(tmp_path) == once_each(3)
