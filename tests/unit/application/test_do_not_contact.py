"""The do-not-contact list: above all consents, set and ended by patches, and kept when the profile goes."""

from __future__ import annotations

from typing import Any

import pytest

from nba_server.application.customer_validation import UpsertCommand
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.errors import InvalidArgument, NotFound
from tests.fakes import START_MS
from tests.unit.application.conftest import Desk

LISTED = DoNotContact(True, source="letter")
HERO = (PlacementRequest("hero"),)


async def upserted(desk: Desk, entry: DoNotContact | None = None, **other: Any) -> int:
    """The version after a patch that must succeed."""
    (result,) = await desk.customers.upsert([UpsertCommand("ada", do_not_contact=entry, **other)])
    assert result.error is None, result.error
    return result.version


async def test_whoever_is_listed_is_offered_nothing_until_the_entry_ends(desk: Desk) -> None:
    """The entry takes effect with the next decision, a later grant does not end it, and ending it is a patch."""
    await upserted(desk, attributes={"age": 30})
    assert (await desk.decided(placements=HERO)).taken
    await upserted(desk, LISTED)
    await upserted(desk, consents=(Consent("*", "advertising", ConsentStatus.GRANTED, 0),))
    refused = await desk.decided(placements=HERO)
    assert not refused.taken
    assert refused.decision is not None
    assert refused.decision.no_offer["hero"].code == "do_not_contact"
    await upserted(desk, DoNotContact())
    assert not (await desk.customers.get("ada")).do_not_contact.listed
    assert (await desk.decided(placements=HERO)).taken


async def test_a_decision_on_an_older_read_is_made_again(desk: Desk) -> None:
    """An entry between the read and the commit of a decision leaves it stale, so that nothing is offered."""
    await upserted(desk, attributes={"age": 30})
    other = Desk(desk.catalog, desk.store)

    async def listed() -> None:
        desk.store.after_read = _nothing
        await upserted(other, LISTED)

    desk.store.after_read = listed
    result = await desk.decided(placements=HERO)
    assert result.attempts == 2
    assert not result.taken


async def _nothing() -> None:
    return None


async def test_the_entry_outlives_the_profile(desk: Desk) -> None:
    """Deleting keeps it, and creating the customer again does not end it."""
    await upserted(desk, LISTED, attributes={"age": 30})
    await desk.customers.delete("ada")
    await upserted(desk, expected_version=0)
    assert (await desk.customers.get("ada")).do_not_contact == DoNotContact(True, since_ms=START_MS, source="letter")
    assert not (await desk.decided(placements=HERO)).taken


async def test_listing_somebody_unknown_makes_no_profile(desk: Desk) -> None:
    """A patch of nothing but the entry keeps no id; the person is barred all the same."""
    await upserted(desk, LISTED)
    assert desk.store.ids == {}
    with pytest.raises(NotFound):
        await desk.customers.get("ada")
    assert not (await desk.decided(placements=HERO)).taken


async def test_repeats_change_nothing(desk: Desk) -> None:
    """The same entry again keeps its time and costs neither a version nor a journal entry; the journal names the change."""
    assert await upserted(desk, LISTED) == 1
    desk.store.now_ms += 1000
    assert await upserted(desk, LISTED) == 1
    assert desk.store.state(desk.identity.customer("ada")).do_not_contact.since_ms == START_MS
    assert await upserted(desk, DoNotContact(True, frozenset({"email"}))) == 2
    assert desk.store.journal == [("customer", b"1 do_not_contact"), ("customer", b"2 do_not_contact")]


async def test_faults_of_an_entry(desk: Desk) -> None:
    """Unknown channels are named, and an entry that ends has none."""
    (unknown,) = await desk.customers.upsert(
        [UpsertCommand("a", do_not_contact=DoNotContact(True, frozenset({"fax"})))]
    )
    (ended,) = await desk.customers.upsert([UpsertCommand("a", do_not_contact=DoNotContact(False, frozenset({"web"})))])
    for result in (unknown, ended):
        assert isinstance(result.error, InvalidArgument)
        assert [violation.field for violation in result.error.violations] == ["do_not_contact.channels"]
