"""The same store on a cluster of three masters: one slot a customer, everything else spread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus
from nba_server.domain.contact import ContactLimit
from nba_server.errors import FailedPrecondition
from tests.clusters import Server, running_cluster
from tests.store.builders import DAY, commit, each_seen, optimistic


@pytest.fixture(scope="module")
def masters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """A running cluster; each test empties it."""
    with running_cluster(tmp_path_factory.mktemp("cluster"), replicas=0) as running:
        yield running.servers


@pytest.fixture
async def cluster(masters: list[Server]) -> AsyncIterator[Store]:
    """A fresh replay store on the cluster."""
    for master in masters:
        assert master.ask("FLUSHALL", timeout_s=10.0) == "+OK\r\n"
    store = await Store.open(f"redis+cluster://127.0.0.1:{masters[0].port}", kind="replay", seed=1)
    yield store
    await store.close()


async def test_a_batch_spreads_over_the_masters_and_keeps_its_order(cluster: Store, masters: list[Server]) -> None:
    """Commits, reads, journal, timers and the clock work as on one server, whatever slot a customer is in."""
    await cluster.clock.advance(1000)
    refs = [cluster.identity.customer(f"c{i}") for i in range(60)]
    results = await cluster.decisions.commit([commit(cluster, r, "r1", actions=(f"a{i}",)) for i, r in enumerate(refs)])
    assert [result.answer for result in results] == [f"head<a{i}>".encode() for i in range(60)]
    read = await cluster.reader.read(refs)
    assert (read.now_ms, [state.ledger[0].action for state in read.states]) == (1000, [f"a{i}" for i in range(60)])
    assert len(await cluster.journal.read({}, 100)) == await cluster.journal.length() == 60
    await cluster.clock.advance(1000 + DAY)
    assert len(await cluster.timers.due(100)) == 60
    assert all(int(master.ask("DBSIZE")[1:]) > 60 for master in masters)


async def test_limits_hold_and_lost_scripts_come_back_on_every_master(cluster: Store, masters: list[Server]) -> None:
    """After a flush on every master racing decisions for one slot each still give exactly one contact a customer."""
    for master in masters:
        assert master.ask("SCRIPT FLUSH") == "+OK\r\n"
    refs = [cluster.identity.customer(f"c{i}") for i in range(12)]
    one = (ContactLimit("one", 1, DAY),)
    batches = [[commit(cluster, ref, f"r{b}", limits=one) for ref in refs] for b in range(5)]
    results = [r for batch in await asyncio.gather(*map(cluster.decisions.commit, batches)) for r in batch]
    assert {result.status for result in results} == {CommitStatus.COMMITTED}
    assert sum(len(result.taken) for result in results) == 12
    assert {len(state.ledger) for state in (await cluster.reader.read(refs)).states} == {1}


async def test_models_leases_and_snapshots_have_slots_of_their_own(cluster: Store) -> None:
    """Promotion under a lease is one call in one slot on a cluster too."""
    await cluster.artifacts.put("m1", {"f": b"x"}, {})
    fence = await cluster.leases.acquire("train", 60_000, "a")
    assert await cluster.artifacts.set_live("m1", note="", fence=fence)
    await cluster.snapshots.put("h1", b"x", {})
    await cluster.snapshots.set_live("h1")
    assert (await cluster.artifacts.live(), await cluster.snapshots.live()) == ("m1", "h1")


async def test_every_master_must_be_fit(cluster: Store, masters: list[Server]) -> None:
    """One master that evicts is enough to refuse the start."""
    masters[2].ask("CONFIG SET maxmemory-policy allkeys-lru")
    try:
        with pytest.raises(FailedPrecondition, match="noeviction"):
            await Store.open(f"redis+cluster://127.0.0.1:{masters[0].port}", kind="replay")
    finally:
        masters[2].ask("CONFIG SET maxmemory-policy noeviction")


async def test_a_household_comes_together_on_one_master(cluster: Store) -> None:
    """People whose records lie on different masters move to the household's, share its limit there, and part again."""
    await cluster.clock.advance(1000)
    refs = [cluster.identity.customer(f"c{i}") for i in range(6)]
    await cluster.decisions.commit([commit(cluster, ref, "r1", actions=("a1",)) for ref in refs])
    home = cluster.identity.household("smith")
    await asyncio.gather(*(cluster.households.place(ref, home) for ref in refs))
    states = (await cluster.reader.read(refs)).states
    assert {state.household.ref for state in states} == {home.ref}
    assert all(len(state.ledger) == 1 and len(state.household.contacts) == 5 for state in states)
    assert len(await cluster.timers.due(100)) == 0
    await cluster.clock.advance(1000 + DAY)
    due = await cluster.timers.due(100)
    assert sorted(contact.customer.ref for contact in due) == sorted(ref.ref for ref in refs)
    assert {contact.found for contact in due} == {home.bucket}
    await asyncio.gather(*(cluster.households.place(ref, None) for ref in refs))
    assert all(state.home == -1 and len(state.ledger) == 1 for state in (await cluster.reader.read(refs)).states)


async def test_everybody_is_decided_for_by_the_clock_of_their_server(cluster: Store) -> None:
    """Where servers' clocks differ, each customer's decision and contact have the time of the server that owns the record."""
    await cluster.clock.advance(1000)
    refs = [cluster.identity.customer(f"c{i}") for i in range(12)]
    ahead = {ref.bucket for ref in refs[::2]}
    for bucket in ahead:
        await cluster._client.one(("SET", keys.clock(bucket), "=61000"))
    read = await each_seen(cluster, refs)
    expected = [61_000 if ref.bucket in ahead else 1_000 for ref in refs]
    assert [one.now_ms for one in read] == expected
    made = [optimistic(one, commit(cluster, ref, "r1")) for one, ref in zip(read, refs, strict=True)]
    assert {result.status for result in await cluster.decisions.commit(made)} == {CommitStatus.COMMITTED}
    states = (await cluster.reader.read(refs)).states
    assert [state.ledger[0].at_ms for state in states] == expected
