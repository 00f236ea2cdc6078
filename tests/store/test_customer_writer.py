"""Changing customers: compare-and-set, versions, journal entries, deletion."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerRef, CustomerWrite, DueCustomer
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.engagement import Activity, ContactState, Suppression, SuppressionLevel
from nba_server.domain.profile import Profile
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, contact


async def test_parallel_changes_lose_nothing(store: Store) -> None:
    """Ten writers that read, add one segment and retry when somebody was faster leave ten segments."""
    ref = store.identity.customer("c1")

    async def join(segment: str) -> None:
        for _ in range(32):
            state = (await store.reader.read([ref])).states[0]
            profile = Profile(segments=(*state.profile.segments, segment), known=True)
            write = CustomerWrite(ref, state.engagement_version, profile=profile, bump_profile=True)
            if (await store.customers.write([write]))[0]:
                return
        raise AssertionError("never got through")

    await asyncio.gather(*(join(f"s{i}") for i in range(10)))
    state = (await store.reader.read([ref])).states[0]
    assert sorted(state.profile.segments) == [f"s{i}" for i in range(10)]
    assert (state.profile_version, state.guard_version, state.engagement_version) == (10, 0, 10)


async def test_a_change_made_on_an_old_read_is_refused_whole(store: Store) -> None:
    """The slower of two writers changes nothing: neither records nor journal nor timers."""
    ref = store.identity.customer("c1")
    first = CustomerWrite(ref, 0, profile=Profile({"age": 40}, known=True), entries=(("customer", b"1"),))
    slower = replace(first, profile=Profile({"age": 41}, known=True), due_ms=1)
    assert await store.customers.write([first, slower]) == [True, False]
    assert (await store.reader.read([ref])).states[0].profile.attributes == {"age": 40}
    assert await store.journal.length() == 1
    assert await store.timers.due(10) == []


async def test_parts_that_are_not_named_stay(store: Store) -> None:
    """A change of the activity leaves profile and consents as they were."""
    ref = store.identity.customer("c1")
    profile = Profile({"age": 40}, ("vip",), ("card",), known=True)
    consents = (Consent("*", "advertising", ConsentStatus.GRANTED, 1),)
    await store.customers.write([CustomerWrite(ref, 0, profile=profile, consents=consents)])
    await store.customers.write([CustomerWrite(ref, 1, activity=Activity(purchases=1))])
    state = (await store.reader.read([ref])).states[0]
    assert (state.profile, state.consents, state.activity.purchases) == (profile, consents, 1)


async def test_entries_carry_their_kind_and_the_stores_time(replay_store: Store) -> None:
    """Each journal entry of a change is written in order, with its kind."""
    ref = replay_store.identity.customer("c1")
    entries = (("outcome", b"\xff\x00"), ("customer", b"two"))
    await replay_store.customers.write([CustomerWrite(ref, 0, entries=entries)])
    records = await replay_store.journal.read({}, 10)
    assert [(r.kind, r.payload, r.at_ms) for r in records] == [(k, p, REPLAY_START_MS) for k, p in entries]


async def test_timers_are_set_and_removed_with_the_change(replay_store: Store) -> None:
    """Customers fall due with the first wait of their ledgers, oldest first, and not after nothing is waited for any more."""
    store, later = replay_store, REPLAY_START_MS + DAY
    refs = [store.identity.customer(f"c{number}") for number in range(3)]
    ends = [(later, later + 5), (later + 9, later - 1), (later + 1,)]
    ledgers = [
        tuple(contact("a1", id=f"x:{place}", respond_until_ms=end) for place, end in enumerate(waits)) for waits in ends
    ]
    await store.customers.write([CustomerWrite(ref, 0, ledger=one) for ref, one in zip(refs, ledgers, strict=True)])
    assert await store.timers.due(10) == []
    await store.clock.advance(later)
    assert await store.timers.due(10) == [
        DueCustomer(refs[1], later - 1, refs[1].bucket),
        DueCustomer(refs[0], later, refs[0].bucket),
    ]
    assert [due.customer for due in await store.timers.due(1)] == [refs[1]]
    await store.customers.write([CustomerWrite(refs[1], 1, due_ms=0), CustomerWrite(refs[0], 1, bump_guard=True)])
    assert [due.customer for due in await store.timers.due(10)] == [refs[0]]


async def test_deletion_keeps_what_protects_the_person(store: Store) -> None:
    """Profile, raw id, activity and grants go; ledger, suppressions, denials and versions stay."""
    ref = store.identity.customer("c1")
    denied = Consent("mail", "advertising", ConsentStatus.DENIED, 1)
    revoked = Consent("web", "advertising", ConsentStatus.REVOKED, 2)
    granted = Consent("sms", "advertising", ConsentStatus.GRANTED, 3)
    muted = (Suppression(SuppressionLevel.ACTION, "a1", "*", 1, 0, "rule"),)
    ledger = (contact("a1", id="x:1", at_ms=5, state=ContactState.CONFIRMED),)
    await store.customers.write(
        [
            CustomerWrite(
                ref,
                0,
                profile=Profile({"age": 40}, known=True),
                consents=(denied, granted, revoked),
                ledger=ledger,
                suppressions=muted,
                activity=Activity(purchases=3),
                customer_id="c1",
                bump_profile=True,
                bump_guard=True,
            )
        ]
    )
    delete = CustomerWrite(ref, 1, delete_profile=True, bump_profile=True, bump_guard=True)
    assert await store.customers.write([delete]) == [True]
    state = (await store.reader.read([ref])).states[0]
    assert not state.profile.known
    assert state.activity == Activity()
    assert (state.consents, state.suppressions, state.ledger) == ((denied, revoked), muted, ledger)
    assert (state.profile_version, state.guard_version, state.engagement_version) == (2, 2, 2)
    assert state.blobs.profile == b""


async def test_a_customer_never_seen_is_empty(store: Store) -> None:
    """Reading somebody unknown gives an empty state of version 0, in the order of the references."""
    refs = [store.identity.customer("c1"), store.identity.visitor("c1"), CustomerRef("0" * 32, 0)]
    await store.customers.write([CustomerWrite(refs[1], 0, profile=Profile(known=True))])
    read = await store.reader.read(refs)
    assert [state.profile.known for state in read.states] == [False, True, False]
    assert [state.engagement_version for state in read.states] == [0, 1, 0]
    assert read.now_ms > REPLAY_START_MS // 2
    assert (await store.reader.read([])).states == ()
