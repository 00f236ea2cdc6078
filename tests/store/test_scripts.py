"""Scripts that the engine lost are loaded again, inside a batch as well; refusals become one kind of error."""

from __future__ import annotations

import asyncio

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, CustomerWrite
from nba_server.errors import StoreUnavailable
from tests.store.builders import commit


async def test_a_flush_of_the_scripts_goes_unnoticed(store: Store, engine: EmbeddedEngine) -> None:
    """After SCRIPT FLUSH a batch of several customers commits whole and in order, as does a read."""
    refs = [store.identity.customer(f"c{i}") for i in range(5)]
    await store.decisions.commit([commit(store, refs[0], "r0")])
    assert ask(engine.socket, "SCRIPT FLUSH") == "+OK"
    results = await store.decisions.commit([commit(store, ref, "r1", actions=(f"a{i}",)) for i, ref in enumerate(refs)])
    assert [result.answer for result in results] == [f"head<a{i}>".encode() for i in range(5)]
    assert ask(engine.socket, "SCRIPT FLUSH") == "+OK"
    read = await store.reader.read(refs)
    assert [len(state.ledger) for state in read.states] == [2, 1, 1, 1, 1]
    assert await store.customers.write([CustomerWrite(refs[1], 1)]) == [True]


async def test_flushes_during_many_batches_lose_and_double_nothing(store: Store, engine: EmbeddedEngine) -> None:
    """While scripts are flushed again and again every commit is made exactly once."""
    ref = store.identity.customer("c1")
    done = asyncio.Event()

    async def flush() -> None:
        while not done.is_set():
            ask(engine.socket, "SCRIPT FLUSH")
            await asyncio.sleep(0)

    flushing = asyncio.create_task(flush())
    batches = [[commit(store, ref, f"r{b}-{i}") for i in range(5)] for b in range(20)]
    results = [result for batch in batches for result in await store.decisions.commit(batch)]
    done.set()
    await flushing
    assert {result.status for result in results} == {CommitStatus.COMMITTED}
    assert await store.journal.length() == 100
    assert len((await store.reader.read([ref])).states[0].ledger) == 100


async def test_a_refusing_engine_is_an_unavailable_store(store: Store, engine: EmbeddedEngine) -> None:
    """An engine out of memory refuses writes; the caller hears that the store is unavailable, and reads go on."""
    ref = store.identity.customer("c1")
    ask(engine.socket, "CONFIG SET maxmemory 1")
    try:
        (refused,) = await store.decisions.commit([commit(store, ref, "r1")])
        assert isinstance(refused, StoreUnavailable)
        assert "maxmemory" in refused.detail
        assert (await store.reader.read([ref])).states[0].ledger == ()
    finally:
        ask(engine.socket, "CONFIG SET maxmemory 0")
    (result,) = await store.decisions.commit([commit(store, ref, "r1")])
    assert result.status is CommitStatus.COMMITTED
