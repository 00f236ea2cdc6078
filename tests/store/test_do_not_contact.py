"""The do-not-contact list in the store: kept apart from consents and profile, and guarded by a version."""

from __future__ import annotations

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerWrite
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.profile import Profile
from tests.store.builders import commit

ENTRY = DoNotContact(True, frozenset({"email", "sms"}), 1_767_225_600_000, "letter of March")


async def test_an_entry_survives_everything_but_its_end(store: Store) -> None:
    """It is read as it was written, stays when consents and profile change or go, and ends when it is taken off."""
    ref = store.identity.customer("c1")
    writes = [
        CustomerWrite(ref, 0, profile=Profile(known=True), customer_id="c1", do_not_contact=ENTRY, bump_guard=True),
        CustomerWrite(ref, 1, consents=(Consent("*", "advertising", ConsentStatus.GRANTED, 1),), bump_guard=True),
        CustomerWrite(ref, 2, delete_profile=True, bump_profile=True),
    ]
    for write in writes:
        assert await store.customers.write([write]) == [True]
        assert (await store.reader.read([ref])).states[0].do_not_contact == ENTRY
    await store.customers.write([CustomerWrite(ref, 3, do_not_contact=DoNotContact(), bump_guard=True)])
    state = (await store.reader.read([ref])).states[0]
    assert state.do_not_contact == DoNotContact()
    assert state.blobs.do_not_contact == b""


async def test_a_decision_made_before_the_entry_is_stale(store: Store) -> None:
    """The guard version that grows with the entry refuses what was decided without it."""
    ref = store.identity.customer("c1")
    made = commit(store, ref, "r1")
    await store.customers.write([CustomerWrite(ref, 0, do_not_contact=DoNotContact(True), bump_guard=True)])
    (result,) = await store.decisions.commit([made])
    assert isinstance(result, CommitResult)
    assert result.status is CommitStatus.STALE
