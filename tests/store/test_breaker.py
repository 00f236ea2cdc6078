"""A store that is hung is given up at once, is asked by a probe alone, and is used again as soon as it answers."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.patience import KNOWN_AFTER, LATELY, Patience
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, CustomerWrite
from nba_server.errors import StoreUnavailable
from tests.freezing import frozen
from tests.store.builders import commit, until

SETTINGS = StoreSettings(patience_s=0.1, read_timeout_s=5.0)


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[EmbeddedEngine, Store]]:
    """An engine of its own and a store on it that knows how fast it is."""
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url, seed=1, settings=SETTINGS)
        for _ in range(KNOWN_AFTER + 32):
            await store.reader.read([store.identity.customer("c")])
        yield engine, store
        await store.close()


async def refusal(store: Store) -> float:
    """How long a refused read takes, in seconds."""
    started = time.monotonic()
    with pytest.raises(StoreUnavailable) as refused:
        await store.reader.read([store.identity.customer("c")])
    assert refused.value.reason == "STORE_UNAVAILABLE"
    return time.monotonic() - started


async def test_silence_is_noticed_once_and_by_nobody_else(own: tuple[EmbeddedEngine, Store]) -> None:
    """The first call to a frozen engine ends far before the read timeout; all others are refused without any wait."""
    engine, store = own
    with frozen(engine.pid):
        assert await refusal(store) < SETTINGS.read_timeout_s / 2
        assert not store.available
        waits = sorted([await refusal(store) for _ in range(200)])
        assert waits[len(waits) // 2] < 0.01


async def test_it_closes_by_itself_when_the_engine_goes_on(own: tuple[EmbeddedEngine, Store]) -> None:
    """Nobody has to call for the store to be found alive; then calls are answered as before."""
    engine, store = own
    with frozen(engine.pid):
        await refusal(store)
    await until(lambda: store.available)
    assert (await store.reader.read([store.identity.customer("c")])).now_ms > 0


async def test_a_silent_commit_is_settled_by_the_same_id(own: tuple[EmbeddedEngine, Store]) -> None:
    """A commit given up in silence has happened once or not at all, and the retry tells, with one ledger entry."""
    engine, store = own
    ref = store.identity.customer("c1")
    with frozen(engine.pid):
        (given_up,) = await store.decisions.commit([commit(store, ref, "r1")])
        assert isinstance(given_up, StoreUnavailable)
    await until(lambda: store.available)
    (settled,) = await store.decisions.commit([commit(store, ref, "r1")])
    assert not isinstance(settled, StoreUnavailable)
    assert settled.status in (CommitStatus.COMMITTED, CommitStatus.REPEATED)
    assert len((await store.reader.read([ref])).states[0].ledger) == 1


async def test_a_dead_engine_opens_it_and_its_return_closes_it(own: tuple[EmbeddedEngine, Store]) -> None:
    """Lost connections in a row open the breaker too; the engine's restart is found without a call."""
    engine, store = own
    os.kill(engine.pid, signal.SIGKILL)
    await until(lambda: not engine.alive())
    for _ in range(4):
        await refusal(store)
    assert not store.available
    await asyncio.to_thread(engine.restart)
    await until(lambda: store.available)
    assert (await store.reader.read([store.identity.customer("c")])).now_ms > 0


async def test_an_engine_that_refuses_is_not_taken_for_hung(own: tuple[EmbeddedEngine, Store]) -> None:
    """Errors of the engine reach their callers one by one; the breaker stays closed."""
    engine, store = own
    ask(engine.socket, "CONFIG SET maxmemory 1")
    for number in range(5):
        (refused,) = await store.decisions.commit([commit(store, store.identity.customer("c"), f"r{number}")])
        assert isinstance(refused, StoreUnavailable)
    assert store.available


def test_patience_follows_a_slow_disk() -> None:
    """A store that always needs 60 ms is given four times that; a fast one the floor."""
    slow, fast = Patience(0.08, 2.0), Patience(0.08, 2.0)
    for _ in range(512):
        slow.learn(0.06)
        fast.learn(0.002)
    assert slow.seconds == pytest.approx(0.24)
    assert fast.seconds == 0.08
    assert Patience(0.08, 2.0).seconds == 2.0
    fast.learn(0.3)
    assert fast.seconds == 0.6, "a slowdown is believed at once"
    for _ in range(LATELY):
        fast.learn(0.002)
    assert fast.seconds == 0.08, "and forgotten when it is over"


async def test_many_changes_have_time_on_a_slow_store(own: tuple[EmbeddedEngine, Store]) -> None:
    """A pause in which a decision would be refused does not fail an import, and the breaker stays closed for everybody."""
    engine, store = own
    refs = [store.identity.customer(f"c{number}") for number in range(200)]
    with frozen(engine.pid):
        loading = asyncio.gather(
            store.customers.write([CustomerWrite(ref, 0, customer_id=ref.ref) for ref in refs]), store.reader.read(refs)
        )
        await asyncio.sleep(4 * SETTINGS.patience_s)
        assert store.available
    written, read = await loading
    assert written == [True] * len(refs)
    assert len(read.states) == len(refs)
    assert await store.customers.write([CustomerWrite(ref, 1) for ref in refs[:3]] * 2) == [True] * 3 + [False] * 3


async def test_a_few_changes_are_as_urgent_as_a_decision(own: tuple[EmbeddedEngine, Store]) -> None:
    """One outcome on a hung store is refused as promptly as a decision is."""
    engine, store = own
    with frozen(engine.pid):
        started = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.customers.write([CustomerWrite(store.identity.customer("c"), 0)])
        assert time.monotonic() - started < SETTINGS.read_timeout_s / 2
