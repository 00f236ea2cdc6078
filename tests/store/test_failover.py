"""A cluster that loses a master while it serves: the rest goes on, the replica takes over, strict mode loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.slots import slot_of
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerRef
from nba_server.errors import FailedPrecondition, StoreUnavailable
from tests.clusters import NODE_TIMEOUT_MS, Cluster, Server, running_cluster, wait_for
from tests.store.builders import commit, until

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three masters with a replica each."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@asynccontextmanager
async def opened(cluster: Cluster, strict: int = 0) -> AsyncIterator[Store]:
    """A store on the emptied cluster."""
    await asyncio.to_thread(wait_for, "replicas in sync", cluster.in_sync, 60.0)
    for master in cluster.masters():
        assert master.ask("FLUSHALL", timeout_s=10.0) == "+OK\r\n"
        master.ask(f"CONFIG SET min-replicas-to-write {strict}")
    store = await Store.open(cluster.url, seed=1, settings=StoreSettings(strict=strict, read_timeout_s=1.0))
    yield store
    await store.close()


@dataclass(slots=True)
class Load:
    """Commits new decisions until told to stop; each is tried again under its id until it is acknowledged."""

    store: Store
    acknowledged: list[tuple[CustomerRef, str]] = field(default_factory=list)
    refused: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, caller: int) -> None:
        """One caller."""
        number = 0
        while not self.stop.is_set():
            ref, number = self.store.identity.customer(f"c{caller}-{number % 40}"), number + 1
            request = f"r{caller}-{number}"
            while not isinstance(await self._once(ref, request), CommitResult):
                self.refused += 1
                await asyncio.sleep(0.01)
            self.acknowledged.append((ref, request))

    async def _once(self, ref: CustomerRef, request: str) -> object:
        (result,) = await self.store.decisions.commit([commit(self.store, ref, request)])
        assert isinstance(result, StoreUnavailable) or result.status in (CommitStatus.COMMITTED, CommitStatus.REPEATED)
        return result

    async def lost(self) -> int:
        """How many acknowledged decisions the store does not know any more."""
        identity, journal = self.store.identity, self.store.journal
        lost = 0
        for ref, request in self.acknowledged:
            lost += await journal.find(identity.request_key("tester", ref.ref, request), ref.bucket) is None
        return lost


@asynccontextmanager
async def loaded(store: Store, callers: int = 6) -> AsyncIterator[Load]:
    """Callers at work meanwhile."""
    load = Load(store)
    tasks = [asyncio.create_task(load.run(caller)) for caller in range(callers)]
    await until(lambda: len(load.acknowledged) > 200)
    yield load
    load.stop.set()
    await asyncio.gather(*tasks)


async def more(load: Load, number: int = 200, seconds: float = 30.0) -> None:
    """Waits until so many more are acknowledged."""
    wanted = len(load.acknowledged) + number
    await until(lambda: len(load.acknowledged) >= wanted, seconds)


async def fail_over(cluster: Cluster, victim: Server, by: Callable[[Server], None]) -> None:
    """A master goes; returns when another one owns its slots."""
    others = [server for server in cluster.masters() if server is not victim]
    await asyncio.to_thread(by, victim)
    alive = [server for server in cluster.servers if server is not victim]
    taken = lambda: sum(s.info().get("role") == "master" for s in alive) == len(others) + 1  # noqa: E731
    await asyncio.to_thread(wait_for, "failover", taken)


async def test_a_killed_master_is_replaced_while_serving(cluster: Cluster) -> None:
    """Its replica serves, with scripts loaded anew; strict mode has lost nothing of what was acknowledged."""
    async with opened(cluster, strict=1) as store:
        victim = cluster.masters()[0]
        async with loaded(store) as load:
            for server in cluster.servers:  # strict mode needs a replica; the new master has none until the old is back
                server.ask("CONFIG SET min-replicas-to-write 0")
            await fail_over(cluster, victim, Server.kill)
            victim.start()
            await more(load)
        assert load.refused > 0
        assert await load.lost() == 0


async def test_a_master_that_was_cut_off_changes_nothing_when_it_comes_back(cluster: Cluster) -> None:
    """A frozen master is replaced; thawed it becomes a replica; strict mode has lost nothing of what was acknowledged."""
    async with opened(cluster, strict=1) as store:
        victim = cluster.masters()[0]
        async with loaded(store) as load:
            for server in cluster.servers:
                server.ask("CONFIG SET min-replicas-to-write 0")
            await fail_over(cluster, victim, Server.freeze)
            victim.thaw()
            await more(load)
        await asyncio.to_thread(wait_for, "replicas in sync", cluster.in_sync, 60.0)
        assert await load.lost() == 0


@asynccontextmanager
async def unreplaced(cluster: Cluster) -> AsyncIterator[None]:
    """Whoever is silent is waited for, however long a busy machine takes meanwhile."""
    try:
        for server in cluster.servers:
            assert server.ask("CONFIG SET cluster-node-timeout 60000") == "+OK\r\n"
        yield
    finally:
        for server in cluster.servers:
            assert server.ask(f"CONFIG SET cluster-node-timeout {NODE_TIMEOUT_MS}", timeout_s=10.0) == "+OK\r\n"


async def test_the_other_masters_serve_meanwhile(cluster: Cluster) -> None:
    """While one master is frozen and not yet replaced, customers of the others have answers and its own have errors."""
    async with opened(cluster) as store, unreplaced(cluster):
        victim = cluster.masters()[0]
        owned = cluster.slots_of(victim)
        refs = [store.identity.customer(f"c{i}") for i in range(60)]
        here = [any(a <= (slot_of(("GET", keys.customer(ref))) or 0) <= b for a, b in owned) for ref in refs]
        assert 0 < sum(here) < 60
        await store.reader.read(refs)
        victim.freeze()
        try:
            read = await store.reader.read_stored(refs)
            results = await store.decisions.commit([commit(store, ref, "r1") for ref in refs])
        finally:
            victim.thaw()
        assert [isinstance(state, StoreUnavailable) for state in read.found] == here
        assert [isinstance(result, StoreUnavailable) for result in results] == here


async def test_too_few_replicas_are_an_unknown_effect_that_a_retry_settles(cluster: Cluster) -> None:
    """Without its replica a master's writes are refused as not replicated; with it the same id gives the answer."""
    async with opened(cluster, strict=1) as store:
        ref = store.identity.customer("c1")
        master = cluster.owner(slot_of(("GET", keys.customer(ref))) or 0)
        (replica,) = cluster.replicas_of(master)
        master.ask("CONFIG SET min-replicas-to-write 0")
        replica.freeze()
        try:
            for _ in range(2):
                (result,) = await store.decisions.commit([commit(store, ref, "r1")])
                assert isinstance(result, StoreUnavailable)
                assert result.reason == "NOT_REPLICATED"
        finally:
            replica.thaw()

        async def settled() -> CommitResult:
            while True:
                (result,) = await store.decisions.commit([commit(store, ref, "r1")])
                if isinstance(result, CommitResult):
                    return result

        result = await asyncio.wait_for(settled(), 60)
        assert (result.status, result.answer) == (CommitStatus.REPEATED, b"head<a1>")
        assert len((await store.reader.read([ref])).states[0].ledger) == 1


async def test_strict_mode_is_refused_where_masters_would_write_alone(cluster: Cluster) -> None:
    """Every master must want as many replicas as strict mode waits for, unless that check is allowed to fail."""
    async with opened(cluster):
        with pytest.raises(FailedPrecondition, match="min-replicas-to-write"):
            await Store.open(cluster.url, settings=StoreSettings(strict=1))
        store = await Store.open(cluster.url, settings=StoreSettings(strict=1), allow=frozenset({"min-replicas"}))
        await store.close()


Move = Callable[[Cluster, int, Server], Awaitable[None]]


async def key_by_key(cluster: Cluster, slot: int, target: Server) -> None:
    """The classic way: MOVED, ASK and TRYAGAIN on the way."""
    await asyncio.to_thread(cluster.move_slot, slot, target)


async def at_once(cluster: Cluster, slot: int, target: Server) -> None:
    """Valkey 9's atomic migration."""
    source = cluster.owner(slot)
    reply = await asyncio.to_thread(source.ask, f"CLUSTER MIGRATESLOTS SLOTSRANGE {slot} {slot} NODE {target.id()}")
    assert reply == "+OK\r\n"
    await asyncio.to_thread(wait_for, "migration", lambda: cluster.owner(slot) is target)


@pytest.mark.parametrize("move", [key_by_key, at_once])
async def test_resharding_while_serving_loses_nothing(cluster: Cluster, move: Move) -> None:
    """Slots full of customers move to another master and back under load; every acknowledged decision is still there."""
    async with opened(cluster) as store, loaded(store) as load:
        buckets = sorted({ref.bucket for ref, _ in load.acknowledged})[:3]
        for bucket in buckets:
            slot = slot_of(("GET", keys.journal(bucket))) or 0
            home = cluster.owner(slot)
            away = next(master for master in cluster.masters() if master is not home)
            await move(cluster, slot, away)
            await more(load, 50)
            await move(cluster, slot, home)
        await more(load, 100)
        load.stop.set()
        assert await load.lost() == 0


async def test_a_replica_that_is_not_in_sync_is_told(cluster: Cluster) -> None:
    """While a master's replica is away nothing could take over, and the store says so; with it all is well again."""
    async with opened(cluster) as store:
        assert await store.in_sync()
        (replica,) = cluster.replicas_of(cluster.masters()[0])
        replica.kill()
        async with asyncio.timeout(30):
            while await store.in_sync():  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.05)
        replica.start()
        await asyncio.to_thread(wait_for, "replicas in sync", cluster.in_sync, 60.0)
        assert await store.in_sync()
