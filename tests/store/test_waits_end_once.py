"""`no_response` exactly once: timers that race, are cut off anywhere, and cross with the customers' own answers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import count

import pytest

from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.expire import ExpireContacts
from nba_server.application.ports import CustomerWrite
from nba_server.application.record_outcomes import OutcomeCommand, OutcomeStatus, RecordOutcomes
from nba_server.domain.engagement import ContactState, Direction
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.pb import journal_pb2, outcome_pb2
from tests.conftest import REPLAY_START_MS
from tests.fakes import FakeCatalogs
from tests.store.builders import DAY, commit, contact
from tests.unit.application.shop import shop

CUSTOMERS = 40
SILENCE = outcome_pb2.OUTCOME_TYPE_NO_RESPONSE


def timers(store: Store) -> ExpireContacts:
    """What one background process does; each has its own locks, as processes have."""
    changes = CustomerChanges(reader=store.reader, writer=store.customers)
    return ExpireContacts(timers=store.timers, changes=changes, catalogs=FakeCatalogs(shop()), journal=JournalCodec())


async def reserve(store: Store) -> dict[str, str]:
    """An outbound reservation for each customer; decision ids by customer."""
    decided = {}
    for number in range(CUSTOMERS):
        ref = store.identity.customer(f"c{number}")
        made = commit(store, ref, "r1")
        held = contact(
            "loan",
            made.decision_id,
            at_ms=REPLAY_START_MS,
            expires_ms=REPLAY_START_MS + DAY,
            respond_until_ms=REPLAY_START_MS + DAY,
            direction=Direction.OUTBOUND,
            channel="email",
        )
        assert await store.customers.write([CustomerWrite(ref, 0, ledger=(held,))]) == [True]
        decided[f"c{number}"] = made.decision_id
    return decided


async def silences(store: Store) -> Counter[str]:
    """How often each decision has got `no_response` in the journal."""
    entries = [journal_pb2.JournalEntry.FromString(record.payload) for record in await store.journal.read({}, 10_000)]
    return Counter(entry.outcome.decision_id for entry in entries if entry.outcome.type == SILENCE)


@pytest.mark.parametrize("seed", range(4))
async def test_two_timers_and_the_customers_race(replay_store: Store, seed: int) -> None:
    """Whoever is first, a decision has `no_response` once or an answer; one timer is cut off again and again."""
    store, dice = replay_store, random.Random(seed)
    decided = await reserve(store)
    await store.clock.advance(REPLAY_START_MS + DAY)
    changes = CustomerChanges(reader=store.reader, writer=store.customers)
    record = RecordOutcomes(
        identity=store.identity, changes=changes, catalogs=FakeCatalogs(shop()), journal=JournalCodec()
    )
    answering = dice.sample(sorted(decided.values()), 15)

    async def dying() -> None:
        for _ in range(12):
            task = asyncio.create_task(timers(store)(7))
            for _ in range(dice.randint(0, 12)):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def steady() -> None:
        for _ in range(CUSTOMERS):
            if not (await timers(store)(5)).due:
                return

    async def answer(decision_id: str) -> None:
        for _ in range(dice.randint(0, 30)):
            await asyncio.sleep(0)
        (result,) = await record([OutcomeCommand(OutcomeEvent(OutcomeType.CLICKED, decision_id), "tests")])
        assert result.status in (OutcomeStatus.RECORDED, OutcomeStatus.RECORDED_LATE), result

    await asyncio.gather(dying(), steady(), steady(), *(answer(decision_id) for decision_id in answering))
    for _ in count():
        if not (await timers(store)()).due:
            break
    found = await silences(store)
    silent = set(decided.values()) - set(answering)
    assert set(found.values()) <= {1}
    assert silent <= found.keys()
    refs = [store.identity.customer(name) for name in decided]
    for state in (await store.reader.read(refs)).states:
        (entry,) = state.ledger
        assert entry.state is ContactState.CONFIRMED
        assert [r.type for r in entry.reactions].count("no_response") == found[entry.decision_id]
        assert ("clicked" in [r.type for r in entry.reactions]) == (entry.decision_id in answering)
