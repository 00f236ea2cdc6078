"""The archive on an object store: an S3 server on loopback, spoken to over its real protocol."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Iterator
from itertools import count

import pytest
from moto.server import ThreadedMotoServer

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.archive.faults import ArchiveDamaged, ArchiveStale
from nba_server.adapters.archive.files import check_name, files_of
from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from tests.integration.archive_journal import bought, buy, once_each

KEEP_NOTHING = ArchiverSettings(batch_rows=20, keep_ms=0)
ENVIRONMENT = {
    "AWS_ALLOW_HTTP": "true",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


BUCKETS = count(1)


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URI of an archive in a bucket of its own; the server is told by the environment, as operators do."""
    bucket = f"bucket-{next(BUCKETS)}"  # what was stored outlives the server that stored it
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{bucket}", method="PUT"), timeout=10).close()
    yield f"s3://{bucket}/nba"
    server.stop()


async def test_every_entry_is_there_once_and_the_journal_is_trimmed_behind_it(store: Store, archive: str) -> None:
    """Written, committed, read back and verified over the wire; the next archiver goes on where the first one was."""
    await buy(store, 50)
    await Archiver(store, archive, KEEP_NOTHING).drain()
    await buy(store, 30, first=50)
    heir = Archiver(store, archive, KEEP_NOTHING)
    await heir.drain()
    assert bought(archive) == once_each(80)
    await heir.trim()
    assert await store.journal.length() == 0


async def test_a_writer_with_an_old_state_commits_nothing(engine: EmbeddedEngine, store: Store, archive: str) -> None:
    """Another archiver commits between its read and its commit: the conditional put of the slower one is refused."""
    await buy(store, 40)

    async def another() -> None:
        other = await Store.open(engine.url)
        assert await Archiver(other, archive, ArchiverSettings(batch_rows=30)).run_once() == 30
        await other.close()

    def reached(name: str) -> None:
        if name == "written":
            thread = threading.Thread(target=asyncio.run, args=(another(),))
            thread.start()
            thread.join()

    with pytest.raises(ArchiveStale):
        await Archiver(store, archive, ArchiverSettings(batch_rows=40), reached=reached).run_once()
    assert sum(bought(archive).values()) == 30
    await Archiver(store, archive).drain()
    assert bought(archive) == once_each(40)


async def test_a_flipped_byte_in_an_object_is_found(store: Store, archive: str) -> None:
    """The name of a file is made of its bytes; what is read back must be what was written."""
    await buy(store, 10)
    await Archiver(store, archive, KEEP_NOTHING).drain()
    files = files_of(f"{archive}/journal")
    (day,) = [name for name in files.names("") if name.startswith("day=")]
    (name,) = files.names(day)
    check_name(files, f"{day}/{name}")
    with files.open(f"{day}/{name}") as stored:
        content = bytearray(stored.read())
    content[len(content) // 2] ^= 1
    files.write(f"{day}/{name}", bytes(content))
    with pytest.raises(ArchiveDamaged, match="are not those that were written"):
        check_name(files, f"{day}/{name}")
