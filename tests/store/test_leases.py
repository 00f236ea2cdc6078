"""Leases: one holder at a time, fence numbers that grow, promotions guarded by them."""

from __future__ import annotations

import asyncio
import time

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.errors import NotFound


async def test_a_lease_has_one_holder(store: Store) -> None:
    """While one owner holds it another gets nothing; the owner itself gets the same fence again."""
    fence = await store.leases.acquire("train", 60_000, "a")
    assert fence == 1
    assert await store.leases.acquire("train", 60_000, "b") is None
    assert await store.leases.acquire("train", 60_000, "a") == fence
    assert await store.leases.acquire("archive", 60_000, "b") == 1


async def test_of_many_that_ask_at_once_one_gets_it(store: Store) -> None:
    """Twenty owners race for a lease and one wins."""
    fences = await asyncio.gather(*(store.leases.acquire("train", 60_000, f"o{i}") for i in range(20)))
    assert [fence for fence in fences if fence is not None] == [1]


async def test_a_released_lease_comes_with_a_higher_fence(store: Store) -> None:
    """The next holder's number is greater, and the old number is worth nothing."""
    first = await store.leases.acquire("train", 60_000, "a")
    assert first is not None
    assert await store.leases.renew("train", first, 60_000)
    await store.leases.release("train", first)
    assert not await store.leases.check("train", first)
    second = await store.leases.acquire("train", 60_000, "b")
    assert second == first + 1
    assert not await store.leases.renew("train", first, 60_000)
    await store.leases.release("train", first)
    assert await store.leases.check("train", second)


async def test_a_lease_ends_by_itself(store: Store) -> None:
    """When its time is over without renewal somebody else gets it."""
    await store.leases.acquire("train", 20, "a")
    deadline = time.monotonic() + 5.0
    while (fence := await store.leases.acquire("train", 60_000, "b")) is None and time.monotonic() < deadline:
        pass
    assert fence == 2


async def test_a_promotion_needs_the_lease_that_is_still_held(store: Store) -> None:
    """A trainer whose lease was taken over cannot promote; the one that took it over can, and an operator always."""
    for version in ("m1", "m2", "m3"):
        await store.artifacts.put(version, {"model.txt": b"tree " * 100}, {"definition": "d"})
    stale = await store.leases.acquire("train", 60_000, "a")
    assert stale is not None
    await store.leases.release("train", stale)
    assert not await store.artifacts.set_live("m1", note="late", fence=stale)
    fence = await store.leases.acquire("train", 60_000, "b")
    assert not await store.artifacts.set_live("m1", note="late", fence=stale)
    assert await store.artifacts.live() == ""
    assert await store.artifacts.set_live("m2", note="trained", fence=fence)
    assert await store.artifacts.set_live("m3", note="by hand")
    assert (await store.artifacts.live(), await store.artifacts.previous()) == ("m3", "m2")
    changes = await store.artifacts.audit(10)
    assert [(change.live, change.before, change.note) for change in changes] == [
        ("m3", "m2", "by hand"),
        ("m2", "", "trained"),
    ]
    with pytest.raises(NotFound, match="m9"):
        await store.artifacts.set_live("m9", note="unknown")
