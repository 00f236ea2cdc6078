"""Caps over all customers: lent to buckets, never exceeded, and everything unspent comes back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.cap_counter import LEASE_MS, SHARE
from nba_server.adapters.redis.cap_lender import RedisCapLender
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import Attempt, CommitResult, CustomerWrite
from nba_server.domain.cap import ALWAYS, Cap
from nba_server.domain.engagement import Charge, Contact, ContactState
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, until

UTC = ZoneInfo("UTC")
CAP = Cap("stock", 100, actions=frozenset({"a1"}))


async def decided(store: Store, name: str, cap: Cap = CAP, units: int = 1, **other: Any) -> CommitResult:
    """One decision of a customer of this name that offers `a1` under the cap, asking for units first as a server does."""
    ref = store.identity.customer(name)
    store.caps.ask_again_s = 0.0
    await store.caps.ready([ref.bucket], [cap], UTC)
    made = commit(store, ref, other.pop("request_id", "r1"), **other)
    charges = (Charge(cap.key, units),)
    offers = tuple(replace(offer, charges=charges) if offer.contact.action == "a1" else offer for offer in made.offers)
    for _ in range(20):
        (result,) = await store.decisions.commit([replace(made, offers=offers)])
        if isinstance(result, CommitResult):
            return result
        await until(lambda: store.available)
    raise AssertionError(result)


async def ledger_of(store: Store, name: str) -> tuple[Contact, ...]:
    """The customer's ledger."""
    return (await store.reader.read([store.identity.customer(name)])).states[0].ledger


async def swept(store: Store, cap: Cap = CAP) -> int:
    """Units that are out once all that is unspent has come back."""
    now = await store.clock.now()
    await store.clock.advance(now + LEASE_MS)
    while await store.caps.take_back([cap], UTC):
        pass
    count = await store.caps.counter.count(cap.key)
    assert count.open == ()
    return count.lent


async def test_a_total_is_sold_to_the_last_and_no_further(replay_store: Store) -> None:
    """Over more customers than units, in many buckets, with unspent leases returned in between: exactly the total."""
    taken = 0
    for number in range(130):
        if number % 10 == 0:
            assert await swept(replay_store) == taken
        taken += len((await decided(replay_store, f"c{number}")).taken)
    assert taken == 100
    assert await swept(replay_store) == 100
    assert (await decided(replay_store, "late", alternates=("a2",))).answer == b"head<s:a2>"


async def test_a_lease_is_spent_in_its_bucket_only(replay_store: Store) -> None:
    """Units are lent on demand, and the ledger says what a contact was charged."""
    await decided(replay_store, "c1")
    (entry,) = await ledger_of(replay_store, "c1")
    assert entry.charges == (Charge(CAP.key, 1, 0),)
    count = await replay_store.caps.counter.count(CAP.key)
    (grant,) = count.open
    assert (grant.bucket, count.lent) == (replay_store.identity.customer("c1").bucket, grant.units)


Step = Callable[[], Coroutine[Any, Any, Any]]


@pytest.mark.parametrize("seed", range(6))
async def test_never_more_than_the_total_while_lenders_die_between_steps(
    engine: EmbeddedEngine, replay_store: Store, seed: int
) -> None:
    """Three processes sell sixty units to two hundred customers; each lending and returning may stop anywhere for good."""
    dice, cap = random.Random(seed), replace(CAP, amount=60)
    async with AsyncExitStack() as closing:
        stores = [replay_store]
        for _ in range(2):
            stores.append(await Store.open(engine.url, kind="replay"))
            closing.push_async_callback(stores[-1].close)
        await _sell_and_die(stores, cap, dice)


async def _sell_and_die(stores: Sequence[Store], cap: Cap, dice: random.Random) -> None:
    sold: list[int] = []
    store = stores[0]

    async def sell(number: int) -> None:
        sold.append(len((await decided(dice.choice(stores), f"c{number}", cap)).taken))

    async def die(step: Step) -> None:
        task = asyncio.create_task(step())
        for _ in range(dice.randint(0, 20)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def doomed(number: int) -> None:
        lender = RedisCapLender(stores[number % 3]._client, 256)
        bucket = store.identity.customer(f"c{dice.randrange(200)}").bucket
        how, grant = await lender.counter.lend(cap, bucket, ALWAYS)
        moment = dice.random()
        if how == "open" and moment < 0.5:
            await lender.counter.close(grant)  # and never settles
        elif moment < 0.5:
            await die(lambda: lender.counter.deposit(grant))
        else:
            await die(lambda: lender.take_back([cap], UTC))

    for start in range(0, 200, 20):
        numbers = range(start, start + 20)
        await asyncio.gather(*(sell(n) for n in numbers), *(doomed(n) for n in numbers))
        assert sum(sold) <= 60
        if start % 60 == 40:
            await swept(store, cap)
    assert await swept(store, cap) == sum(sold)
    for number in range(200, 300):
        await sell(number)
        if number % 5 == 0:
            await swept(store, cap)
    assert sum(sold) == 60


async def test_a_grant_that_never_arrived_cannot_arrive_after_it_was_closed(replay_store: Store) -> None:
    """A lender that slept between two steps finds its grant refused; returning twice returns once."""
    counter = replay_store.caps.counter
    _, grant = await counter.lend(CAP, 7, ALWAYS)
    assert [await counter.close(grant) for _ in range(2)] == [grant.units] * 2
    assert not await counter.deposit(grant)
    assert [await counter.settle(grant, grant.units) for _ in range(2)] == [True, False]
    assert (await counter.count(CAP.key)).lent == 0
    _, second = await counter.lend(CAP, 7, ALWAYS)
    assert [await counter.deposit(second) for _ in range(2)] == [True, False]
    assert (await counter.lend(CAP, 7, ALWAYS)) == ("open", replace(second, due_ms=0))
    assert not await counter.settle(grant, grant.units)
    assert (await counter.count(CAP.key)).lent == second.units


async def test_a_superseded_reservation_gives_its_unit_to_the_new_one(replay_store: Store) -> None:
    """With one unit in all, a chain of swaps keeps offering; its end is one unit sold."""
    cap = replace(CAP, amount=1)
    ref = replay_store.identity.customer("c1")
    assert (await decided(replay_store, "c1", cap, request_id="r0")).taken
    for step in range(5):
        before = commit(replay_store, ref, f"r{step}").decision_id
        assert (await decided(replay_store, "c1", cap, request_id=f"r{step + 1}", supersedes=before)).taken
    assert not (await decided(replay_store, "c2", cap)).taken
    assert await swept(replay_store, cap) == 1


async def test_what_is_released_comes_back_and_a_late_confirmation_takes_it_again(replay_store: Store) -> None:
    """By a write and by a caller who has gone; a unit that was sold again meanwhile is a debt that stops the next sale."""
    store, cap = replay_store, replace(CAP, amount=2)
    for name in ("c1", "c2"):
        assert (await decided(store, name, cap)).taken
    (held,) = await ledger_of(store, "c1")
    ref = store.identity.customer("c1")
    freed = replace(held, state=ContactState.RELEASED)
    assert await store.customers.write([CustomerWrite(ref, 1, ledger=(freed,), gives_back=held.charges)]) == [True]
    assert await swept(store, cap) == 1
    assert (await decided(store, "c3", cap)).taken
    late = tuple(replace(charge, units=-charge.units) for charge in held.charges)
    assert await store.customers.write([CustomerWrite(ref, 2, ledger=(held,), gives_back=late)]) == [True]
    assert await swept(store, cap) == 3
    assert not (await decided(store, "c4", cap)).taken

    other = replace(CAP, id="other", amount=1)
    made = commit(store, store.identity.customer("c5"), "r1")
    assert (await decided(store, "c5", other, attempt="call")).taken
    (held,) = await ledger_of(store, "c5")
    await store.releases.release(Attempt(made.customer, made.request_key, "call"), {held.id: b"gone"})
    assert await swept(store, other) == 0


async def test_a_window_ends_with_its_units(replay_store: Store) -> None:
    """At midnight the leases of the day are worth nothing and the total is whole again."""
    store, cap = replay_store, replace(CAP, amount=3, window_ms=DAY)
    for number in range(4):
        assert bool((await decided(store, f"c{number}", cap)).taken) == (number < 3)
        await store.caps.take_back([cap], UTC)
    await store.clock.advance(REPLAY_START_MS + DAY)
    assert (await decided(store, "d0", cap)).taken
    assert await swept(store, cap) == 1
    assert (await store.caps.counter.count(cap.key)).period == cap.period(REPLAY_START_MS + DAY, UTC)


async def test_units_of_a_day_are_not_spent_or_given_back_on_another(replay_store: Store) -> None:
    """A decision made before midnight finds its lease gone; what was charged yesterday does not come back into today's."""
    store, cap = replay_store, replace(CAP, amount=10_000, window_ms=DAY)
    ref = store.identity.customer("c0")
    assert (await decided(store, "c0", cap)).taken
    (held,) = await ledger_of(store, "c0")
    await store.clock.advance(REPLAY_START_MS + DAY)
    made = commit(store, ref, "r2")
    offers = tuple(replace(offer, charges=(Charge(cap.key, 1),)) for offer in made.offers)
    (result,) = await store.decisions.commit([replace(made, offers=offers)])
    assert isinstance(result, CommitResult)
    assert result.taken == ()

    assert (await decided(store, "c0", cap, request_id="r3")).taken
    await store.customers.write([CustomerWrite(ref, 2, ledger=(), gives_back=held.charges)])
    assert await swept(store, cap) == 1


async def test_a_paced_cap_is_released_as_the_day_passes(replay_store: Store) -> None:
    """At no hour is more out than the share of the day that has passed and the slack."""
    store, cap = replay_store, replace(CAP, amount=240, window_ms=DAY, paced=True)
    sold = 0
    for hour in range(0, 24, 6):
        await store.clock.advance(max(await store.clock.now(), REPLAY_START_MS + hour * HOUR))
        for number in range(100):
            sold += len((await decided(store, f"c{hour}-{number}", cap)).taken)
        now = await store.clock.now()
        assert sold <= 240 * ((now - REPLAY_START_MS) / DAY + 0.02)
        assert await swept(store, cap) == sold
    assert sold >= 180


async def test_money_is_counted_in_cents_and_not_overspent(replay_store: Store) -> None:
    """A budget of ten with offers of three: three of them, and the rest is not enough."""
    cap = Cap("money", 1000, money=True, actions=CAP.actions, smallest=300, largest=300)
    taken = []
    for number in range(5):
        taken.append(len((await decided(replay_store, f"c{number}", cap, units=300)).taken))
        await swept(replay_store, cap)
    assert taken == [1, 1, 1, 0, 0]
    assert await swept(replay_store, cap) == 900


async def test_grants_are_small_shares_of_what_is_free(replay_store: Store) -> None:
    """A million units go out in shares, so that no bucket hoards; the last ones singly."""
    counter = replay_store.caps.counter
    _, grant = await counter.lend(replace(CAP, amount=1_000_000), 1, ALWAYS)
    assert grant.units == -(-1_000_000 * SHARE // 1)
    _, grant = await counter.lend(replace(CAP, id="few", amount=3), 1, ALWAYS)
    assert grant.units == 1


async def test_what_is_spent_held_and_left_adds_up(replay_store: Store) -> None:
    """While units are lent, spent, released and taken back the reading is that of a recount over the ledgers."""
    store, cap, names = replay_store, replace(CAP, amount=40), [f"c{number}" for number in range(25)]

    async def reading() -> tuple[int, int, int]:
        _, (use,) = await store.cap_uses.uses([cap], UTC)
        assert (use.cap, use.period) == (cap, ALWAYS)
        return use.spent, use.held, use.left

    assert await reading() == (0, 0, 40)
    for sold, name in enumerate(names, 1):
        await decided(store, name, cap)
        spent, held, left = await reading()
        assert (spent, held + left) == (sold, 40 - sold)
    ref = store.identity.customer(names[0])
    await store.releases.release(Attempt(ref, store.identity.request_key("tester", ref.ref, "r1"), "attempt r1"), {})
    (entry,) = await ledger_of(store, names[0])
    await store.releases.release(
        Attempt(ref, store.identity.request_key("tester", ref.ref, "r1"), "attempt r1"), {entry.id: b"gone"}
    )
    assert sum(await reading()) == 40
    assert await swept(store, cap) == 24
    assert await reading() == (24, 0, 16)


async def test_a_grant_on_its_way_is_held_and_a_window_that_is_over_is_empty(replay_store: Store) -> None:
    """Whoever died between two steps holds units; the next day nothing is spent yet."""
    store, cap = replay_store, replace(CAP, amount=40, window_ms=DAY)
    await decided(store, "c1", cap)
    now = await store.clock.now()
    await store.caps.counter.lend(cap, (store.identity.customer("c1").bucket + 1) % 256, cap.period(now, UTC))
    _, (use,) = await store.cap_uses.uses([cap], UTC)
    assert (use.spent, use.spent + use.held + use.left) == (1, 40)
    assert use.held
    await store.clock.advance(now + DAY)
    _, (use,) = await store.cap_uses.uses([cap], UTC)
    assert (use.spent, use.held, use.left, use.period.since_ms) == (0, 0, 40, cap.period(now + DAY, UTC).since_ms)
