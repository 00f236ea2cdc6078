"""Opening a store: what it is stands for good, an unsafe engine is refused, a silent one is unavailable."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.errors import FailedPrecondition, StoreUnavailable
from tests.freezing import frozen
from tests.store.builders import commit, until


async def test_many_openers_create_one_store(engine: EmbeddedEngine) -> None:
    """Of many processes that open a fresh store at once one creates it and all have the same secret and seed."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    stores = await asyncio.gather(*(Store.open(engine.url) for _ in range(8)))
    assert len({(store.identity, store.info) for store in stores}) == 1
    assert (stores[0].info.kind, stores[0].info.buckets, stores[0].info.engine) == ("live", 256, "valkey")
    for store in stores:
        await store.close()


async def test_live_and_replay_are_never_mixed(store: Store, engine: EmbeddedEngine) -> None:
    """A live store is not opened for replay nor the reverse, and `any` takes what there is."""
    with pytest.raises(FailedPrecondition, match="This is a live store"):
        await Store.open(engine.url, kind="replay")
    attached = await Store.open(engine.url, kind="any")
    assert attached.info == store.info
    await attached.close()
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    replay = await Store.open(engine.url, kind="replay")
    assert await replay.clock.now() == 0
    await replay.close()
    with pytest.raises(FailedPrecondition, match="This is a replay store"):
        await Store.open(engine.url)


async def test_attaching_creates_nothing(engine: EmbeddedEngine) -> None:
    """Without `create` an empty engine is no store, and stays empty."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    for kind, create in (("live", False), ("any", True)):
        with pytest.raises(FailedPrecondition, match="no store"):
            await Store.open(engine.url, kind=kind, create=create)
    assert ask(engine.socket, "DBSIZE") == ":0"


async def test_equal_replay_stores_give_equal_ids(engine: EmbeddedEngine, tmp_path: Path) -> None:
    """Two replay stores of one seed agree on references, decision ids and seeds; live stores keep their secrets."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    with EmbeddedEngine.start(tmp_path) as other:
        twins = [await Store.open(url, kind="replay", seed=5) for url in (engine.url, other.url)]
        ref = twins[0].identity.customer("c1")
        assert ref == twins[1].identity.customer("c1")
        first, second = (commit(store, ref, "r1") for store in twins)
        assert first == second
        for store in twins:
            await store.close()
        for url in (engine.socket, other.socket):
            ask(url, "FLUSHALL", timeout_s=10.0)
        strangers = [await Store.open(url, seed=5) for url in (engine.url, other.url)]
        assert strangers[0].identity.customer("c1") != strangers[1].identity.customer("c1")
        for store in strangers:
            await store.close()


async def test_an_unsafe_engine_is_refused_unless_allowed_by_name(store: Store, engine: EmbeddedEngine) -> None:
    """Eviction and a missing append-only file are told together with their mends; each can be allowed."""
    ask(engine.socket, "CONFIG SET maxmemory-policy allkeys-lru")
    ask(engine.socket, "CONFIG SET appendonly no")
    try:
        with pytest.raises(FailedPrecondition) as refused:
            await Store.open(engine.url)
        for word in ("noeviction", "`eviction`", "appendonly", "`append-only`"):
            assert word in refused.value.message
        allowed = await Store.open(engine.url, allow=frozenset({"eviction", "append-only"}))
        assert allowed.info == store.info
        await allowed.close()
    finally:
        ask(engine.socket, "CONFIG SET maxmemory-policy noeviction")
        ask(engine.socket, "CONFIG SET appendonly yes", timeout_s=10.0)
    with pytest.raises(FailedPrecondition, match="nonsense"):
        await Store.open(engine.url, allow=frozenset({"nonsense"}))


async def test_nobody_at_the_address_is_an_unavailable_store(tmp_path: Path) -> None:
    """A missing socket and a server that never answers are told as such within the timeouts."""
    quick = StoreSettings(connect_timeout_s=0.2, read_timeout_s=0.2)
    with pytest.raises(StoreUnavailable):
        await Store.open(f"unix://{tmp_path}/none.sock", settings=quick)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(StoreUnavailable):
        await Store.open(f"redis://127.0.0.1:{silent.getsockname()[1]}", settings=quick)
    with pytest.raises(FailedPrecondition, match="unix://"):
        await Store.open("http://localhost")


async def test_a_hung_engine_is_an_unavailable_store(tmp_path: Path) -> None:
    """A frozen engine is given up after the read timeout, and serves again on the same store when it goes on."""
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url, settings=StoreSettings(read_timeout_s=1.0))
        with frozen(engine.pid), pytest.raises(StoreUnavailable):
            await store.clock.now()
        await until(lambda: store.available)
        assert await store.clock.now() > 0
        await store.close()
