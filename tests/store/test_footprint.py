"""What a customer costs the store for good: little beyond the profile and the ledger themselves."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerWrite
from nba_server.bench import footprint, population
from nba_server.domain.engagement import Suppression, SuppressionLevel
from tests.store.builders import commit, optimistic, seen

CUSTOMERS, DECISIONS = 200, 5


async def test_little_stays_of_a_decision_but_its_contacts(store: Store, engine: EmbeddedEngine) -> None:
    """After five decisions and two outcomes, archived, trimmed and their requests forgotten, the contacts still waited for: at
    most 400 bytes beyond profile and ledger, weighed as the benchmark does it. What outcomes mute comes to that."""
    await asyncio.gather(*(lived(store, number) for number in range(CUSTOMERS)))
    link = Redis.from_url(engine.url)
    await link.delete(*[name async for name in link.scan_iter("nba:{b*:[rj]*")])
    await footprint.crowded(store, link)
    weight = await footprint.weigh(link)
    await link.aclose()
    parts = weight.parts()
    assert (weight.customers, weight.timers) == (CUSTOMERS, CUSTOMERS + store.info.buckets * footprint.CROWD)
    assert weight.stored["ledger"] > 4_500 * CUSTOMERS, "twenty contacts before and fifteen of ours"
    assert 80 <= parts["timer"] <= 110
    assert parts["others"] == 0
    assert weight.beside() - parts["suppressions"] <= 400
    assert weight.beside() - parts["timer"] <= 400, "with two outcomes that mute, while nothing is waited for"
    assert parts["suppressions"] <= 2 * 110


async def lived(store: Store, number: int) -> None:
    """A customer with a profile and twenty contacts, who is decided for and reacts."""
    ref, now_ms = store.identity.customer(f"c{number}"), await store.clock.now()
    profile, consents = population.profile(number), population.consents()
    ledger = population.ledger(number, now_ms, 200)
    await store.customers.write(
        [CustomerWrite(ref, 0, profile=profile, consents=consents, ledger=ledger, bump_profile=True)]
    )
    for turn in range(DECISIONS):
        read = await seen(store, ref)
        asked = commit(store, ref, f"r{turn}", actions=("a1", "a2", "a3"), profile_version=1)
        await store.decisions.commit([optimistic(read, asked)])
    for turn in range(2):
        (state,) = (await store.reader.read([ref])).states
        pause = Suppression(SuppressionLevel.ACTION, f"a{turn}", "*", now_ms, 0, "rejected-rests", state.ledger[-1].id)
        muted = (*state.suppressions, pause)
        await store.customers.write(
            [CustomerWrite(ref, state.engagement_version, suppressions=muted, suppression_hash="r")]
        )
