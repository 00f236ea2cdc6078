"""A primary that sentinels name: found, followed when it changes, and nothing acknowledged lost in strict mode."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus
from nba_server.errors import FailedPrecondition, StoreUnavailable
from tests.clusters import Server, engine_binary, free_ports, wait_for
from tests.store.builders import commit

pytestmark = pytest.mark.timeout(240)


@contextmanager
def watched(folder: Path) -> Iterator[tuple[str, list[Server], Server]]:
    """A primary, a replica of it, and a sentinel that watches both; the store's address names a dead sentinel first."""
    one, other, sentinel, dead = free_ports(4)
    options = {
        "appendonly": "yes",
        "appendfsync": "always",
        "bind": "127.0.0.1",
        "save": '""',
        "repl-diskless-sync-delay": 0,
    }
    servers = [
        Server(folder / str(port), port, 0, {**options, "port": port, "dir": folder / str(port)})
        for port in (one, other)
    ]
    servers[1].options = {**servers[1].options, "replicaof": f"127.0.0.1 {one}"}
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {sentinel}\nbind 127.0.0.1\nsentinel monitor mine 127.0.0.1 {one} 1\n"
        "sentinel down-after-milliseconds mine 700\nsentinel failover-timeout mine 3000\n"
    )
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for server in servers:
            server.start()
        wait_for("replica in sync", lambda: servers[1].info().get("master_link_status") == "up", 30.0)
        command = [str(engine_binary()), str(config), "--sentinel"]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder))
        watching = Server(folder, sentinel, 0, {})
        wait_for("replica known", lambda: f"127.0.0.1:{other}" in watching.ask("SENTINEL REPLICAS mine"), 30.0)
        yield f"redis+sentinel://127.0.0.1:{dead},127.0.0.1:{sentinel}/mine", servers, watching
    finally:
        for process in processes:
            process.kill()
            process.wait()
        for server in servers:
            server.kill()


async def committed(store: Store, number: int) -> bool:
    """Whether a commit was acknowledged; repeated under the same id while the store changes its primary."""
    made = commit(store, store.identity.customer(f"c{number}"), "r1")
    (result,) = await store.decisions.commit([made])
    assert isinstance(result, (CommitResult, StoreUnavailable))
    return isinstance(result, CommitResult) and result.status in (CommitStatus.COMMITTED, CommitStatus.REPEATED)


async def test_a_failover_is_followed_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """The primary is killed; the replica that the sentinel chose takes over, with every acknowledged contact, once."""
    with watched(tmp_path) as (url, servers, sentinel):
        store = await Store.open(url, seed=1, allow=frozenset({"min-replicas"}), settings=StoreSettings(strict=1))
        assert await store.in_sync()
        acknowledged = [number for number in range(30) if await committed(store, number)]
        assert len(acknowledged) == 30
        servers[0].kill()
        assert not await committed(store, 30)
        named = "SENTINEL GET-MASTER-ADDR-BY-NAME mine"
        wait_for("failover", lambda: f"{servers[1].port}" in sentinel.ask(named), 30.0)
        await store.close()
        store = await Store.open(url, allow=frozenset({"min-replicas"}))
        for number in range(31):
            assert await committed(store, number)
            (state,) = (await store.reader.read([store.identity.customer(f"c{number}")])).states
            assert len(state.ledger) == 1
        await store.close()


async def test_an_open_store_goes_over_by_itself(tmp_path: Path) -> None:
    """Nobody opens the store again: the next calls reach the new primary as soon as there is one."""
    with watched(tmp_path) as (url, servers, _):
        store = await Store.open(url, seed=1)
        async with AsyncExitStack() as closing:
            closing.push_async_callback(store.close)
            assert await committed(store, 1)
            servers[0].kill()
            async with asyncio.timeout(45):
                while not await committed(store, 2):  # noqa: ASYNC110 - the engine tells nobody when it has a new primary
                    await asyncio.sleep(0.02)  # a store that is given up answers at once
            assert servers[1].info().get("role") == "master"
            assert await committed(store, 1)
            assert store.available


@pytest.mark.parametrize("url", ["redis+sentinel://127.0.0.1:1", "redis+sentinel:///mine"])
async def test_an_address_without_sentinels_or_service_is_refused(url: str) -> None:
    """With what is missing."""
    with pytest.raises(FailedPrecondition, match="sentinels and the name of the service"):
        await Store.open(url)


async def test_no_sentinel_is_a_store_that_does_not_answer() -> None:
    """As any address without a server."""
    with pytest.raises(StoreUnavailable):
        await Store.open(f"redis+sentinel://127.0.0.1:{free_ports(1)[0]}/mine")
