"""The background process's work, on a clock that the test moves: reservations and response windows that end."""

from __future__ import annotations

import asyncio
import dataclasses

from prometheus_client import CollectorRegistry

from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.expire import ExpireContacts
from nba_server.background import TIMERS, end_waits
from nba_server.domain.engagement import Contact
from nba_server.observability.metrics import BackgroundMetrics
from nba_server.pb import journal_pb2
from nba_server.settings import Settings
from tests.conftest import REPLAY_START_MS
from tests.integration.running import Running, running_server

DAY_MS = 86_400_000


async def ledger(running: Running) -> tuple[Contact, ...]:
    """Anna's ledger."""
    store = running.serving.store
    return (await store.reader.read([store.identity.customer("anna")])).states[0].ledger


async def test_windows_end_once(settings: Settings, replay_store: Store) -> None:
    """After its window a shown offer gets NO_RESPONSE and a forgotten one is released, exactly once with two processes."""
    async with running_server(dataclasses.replace(settings, replay=True)) as running:
        await running.stubs.upsert()
        shown = await running.stubs.decide("anna", "web")
        forgotten = await running.stubs.decide("anna", "call")
        await running.stubs.react(shown.decision_id, "IMPRESSION", shown.actions[0].action)
        registry, stop = CollectorRegistry(), asyncio.Event()
        metrics = BackgroundMetrics(registry)
        changes = CustomerChanges(reader=replay_store.reader, writer=replay_store.customers)
        expire = ExpireContacts(
            timers=replay_store.timers,
            changes=changes,
            catalogs=running.serving.catalogs,
            journal=JournalCodec("test"),
        )
        await replay_store.clock.advance(REPLAY_START_MS + 2 * DAY_MS)
        workers = [asyncio.create_task(end_waits(replay_store, expire, metrics, stop)) for _ in range(2)]
        async with asyncio.timeout(20):
            while await replay_store.timers.due(1):
                continue
        stop.set()
        await asyncio.gather(*workers)
        states = {contact.decision_id: contact for contact in await ledger(running)}
        assert [reaction.type for reaction in states[shown.decision_id].reactions] == ["impression", "no_response"]
        assert not states[forgotten.decision_id].reactions
        assert (registry.get_sample_value("nba_timers_total") or 0) >= len(forgotten.actions) + 1
        records = await replay_store.journal.read({}, 1_000)
        entries = [journal_pb2.JournalEntry.FromString(record.payload) for record in records]
        server = [entry.outcome for entry in entries if entry.outcome.caller == "server"]
        assert [entry.decision_id for entry in server] == [shown.decision_id]
    assert await replay_store.leases.acquire(TIMERS, 1_000, "the next one")
