"""Timers of people who move: each wait ends once, wherever it began and wherever it is found."""

from __future__ import annotations

import pytest

from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.store import Store
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.expire import ExpireContacts
from tests.conftest import REPLAY_START_MS
from tests.fakes import FakeCatalogs
from tests.store.builders import DAY, commit
from tests.unit.application.shop import shop


@pytest.mark.parametrize("stray", [False, True])
async def test_a_wait_ends_once_where_its_customer_lives(replay_store: Store, stray: bool) -> None:
    """Also beside a timer that a broken move left where nobody lives, which goes and ends nothing."""
    store = replay_store
    ref, home = store.identity.customer("anna"), store.identity.household("smith")
    await store.decisions.commit([commit(store, ref, "r1")])
    await store.households.place(ref, home)
    (entry,) = (await store.reader.read([ref])).states[0].ledger
    elsewhere = next(bucket for bucket in range(store.info.buckets) if bucket != home.bucket)
    if stray:
        await store._client.one(("ZADD", keys.due(elsewhere), entry.respond_until_ms, ref.ref))
    await store.clock.advance(REPLAY_START_MS + 2 * DAY)
    changes = CustomerChanges(reader=store.reader, writer=store.customers)
    expire = ExpireContacts(
        timers=store.timers, changes=changes, catalogs=FakeCatalogs(shop()), journal=JournalCodec("test")
    )
    first = await expire()
    assert (first.due, first.failed) == (1 + stray, {})
    assert (await expire()).due == 0
    assert [record.kind for record in await store.journal.read({}, 10)].count("outcome") <= 1
    assert await store._client.one(("ZCARD", keys.due(home.bucket))) == 0
    assert await store._client.one(("ZCARD", keys.due(elsewhere))) == 0
