"""Customers: patches that lose nothing, versions, types, and a deletion that resets nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.customer_validation import UpsertCommand
from nba_server.application.customers import Customers
from nba_server.application.purchases import PurchaseCommand
from nba_server.domain.consent import Consent, ConsentStatus, verdict
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.outcome import OutcomeType
from nba_server.errors import Conflict, InvalidArgument, NotFound
from tests.fakes import START_MS
from tests.plain_formats import PlainJournal
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import shop


async def upserted(desk: Desk, customer: str = "ada", **other: Any) -> int:
    """The version after a patch that must succeed."""
    (result,) = await desk.customers.upsert([UpsertCommand(customer, **other)])
    assert result.error is None, result.error
    return result.version


async def test_a_patch_merges_into_what_is_there(desk: Desk) -> None:
    """What is not named stays, None removes, and the version grows with each change."""
    assert await upserted(desk, attributes={"age": 30, "city": "Bonn"}, add_segments=("new",)) == 1
    assert await upserted(desk, attributes={"age": None, "income": 10}, add_products=("card",)) == 2
    view = await desk.customers.get("ada")
    assert dict(view.profile.attributes) == {"city": "Bonn", "income": 10.0}
    assert (view.profile.segments, view.profile.products, view.version) == (("new",), ("card",), 2)


async def test_a_patch_that_changes_nothing_writes_nothing(desk: Desk) -> None:
    """Importing the same file twice costs neither a version nor a journal entry."""
    await upserted(desk, attributes={"age": 30})
    assert await upserted(desk, attributes={"age": 30}) == 1
    assert len(desk.store.journal) == 1


async def test_parallel_patches_lose_nothing(desk: Desk) -> None:
    """Two patches that read the same version are both in the profile at the end."""
    ref = desk.identity.customer("ada")

    async def rival() -> None:
        if desk.store.reads == 1:
            other = Desk(desk.catalog, desk.store)
            await upserted(other, attributes={"city": "Bonn"})

    desk.store.after_read = rival
    assert await upserted(desk, attributes={"age": 30}) == 2
    assert dict(desk.store.state(ref).profile.attributes) == {"city": "Bonn", "age": 30}


async def test_calls_of_one_process_queue_per_customer(desk: Desk) -> None:
    """Fifty patches at once all succeed, which sixteen retries alone would not give."""

    async def yielding() -> None:
        await asyncio.sleep(0)

    desk.store.after_read = yielding
    await asyncio.gather(*(upserted(desk, add_segments=(f"s{number}",)) for number in range(50)))
    assert len((await desk.customers.get("ada")).profile.segments) == 50


async def test_endless_rivals_are_a_conflict(desk: Desk) -> None:
    """After sixteen attempts in vain the caller is told so."""

    async def rival() -> None:
        ref = desk.identity.customer("ada")
        state = desk.store.state(ref)
        desk.store.states[ref.ref] = replace(state, engagement_version=state.engagement_version + 1)

    desk.store.after_read = rival
    (result,) = await desk.customers.upsert([UpsertCommand("ada", attributes={"age": 1})])
    assert isinstance(result.error, Conflict)
    assert desk.store.reads == 16


async def test_an_expected_version_is_kept_to(desk: Desk) -> None:
    """0 creates only, another version must be the stored one; the refusal names the stored one."""
    assert await upserted(desk, expected_version=0, attributes={"age": 1}) == 1
    (again,) = await desk.customers.upsert([UpsertCommand("ada", expected_version=0)])
    assert isinstance(again.error, Conflict)
    assert (again.error.reason, again.error.metadata) == ("VERSION_MISMATCH", {"version": "1"})
    assert await upserted(desk, expected_version=1, attributes={"age": 2}) == 2


async def test_all_faults_of_a_patch_are_named(desk: Desk) -> None:
    """Unknown and wrongly typed attributes, clashing names and consents of unknown channels are one refusal."""
    bad = UpsertCommand(
        "",
        attributes={"agee": 3, "age": "old", "city": None},
        add_segments=("a",),
        remove_segments=("a",),
        consents=(Consent("fax", "", ConsentStatus.GRANTED, 9, 8),),
    )
    (result,) = await desk.customers.upsert([bad])
    assert isinstance(result.error, InvalidArgument)
    assert {violation.field for violation in result.error.violations} == {
        "customer_id",
        "attributes.agee",
        "attributes.age",
        "remove_segments",
        "consents[0].channel",
        "consents[0].purpose",
        "consents[0].valid_to",
    }


async def test_a_customer_is_in_a_batch_once(desk: Desk) -> None:
    """The second patch of a customer is refused, the first and the neighbours are written."""
    results = await desk.customers.upsert([UpsertCommand(name) for name in ("ada", "bob", "ada")])
    assert [result.version for result in results] == [1, 1, 0]
    assert isinstance(results[2].error, InvalidArgument)


async def test_a_batch_has_a_largest_size(desk: Desk) -> None:
    """More than a thousand patches are refused as a whole."""
    with pytest.raises(InvalidArgument, match="at most 1000"):
        await desk.customers.upsert([UpsertCommand(f"c{number}") for number in range(1001)])


async def test_the_same_consents_again_change_nothing(desk: Desk) -> None:
    """A list imported again costs neither a version nor a journal entry, and does not outrank a later opt-out."""
    given = (Consent("*", "advertising", ConsentStatus.GRANTED, 0, source="shop"),)
    assert await upserted(desk, attributes={"age": 30}, consents=given) == 1
    assert await upserted(desk, attributes={"age": 30}, consents=given) == 1
    assert len(desk.store.journal) == 1
    revoked = Consent("web", "advertising", ConsentStatus.REVOKED, START_MS + 1)
    assert await upserted(desk, consents=(revoked,)) == 2
    desk.store.now_ms = START_MS + 2
    assert await upserted(desk, consents=given) == 2
    state = desk.store.state(desk.identity.customer("ada"))
    assert verdict(state.consents, "web", "advertising", START_MS + 2) == "revoked"


async def test_a_consent_without_a_time_holds_from_now(desk: Desk) -> None:
    """The store's now is its time, and decisions made before it become stale."""
    await upserted(desk, consents=(Consent("web", "advertising", ConsentStatus.DENIED, 0),))
    state = desk.store.state(desk.identity.customer("ada"))
    assert state.consents[0].valid_from_ms == START_MS
    assert state.guard_version == 1


async def test_deleting_keeps_what_protects_the_person() -> None:
    """Ledger, suppressions and denials outlive profile, grants and purchases; creating again resets nothing."""
    desk = Desk(shop(limits=()))
    consents = (
        Consent("web", "profiling", ConsentStatus.GRANTED, 0),
        Consent("email", "advertising", ConsentStatus.DENIED, 0),
    )
    await upserted(desk, attributes={"age": 30}, consents=consents)
    await desk.purchases([PurchaseCommand("ada", "p1", value=5.0)])
    decision = await desk.decided(placements=(PlacementRequest("hero"),))
    await desk.outcome(OutcomeType.REJECTED, decision.decision_id)
    assert await desk.customers.delete("ada")
    ref = desk.identity.customer("ada")
    state = desk.store.state(ref)
    assert (state.profile.known, state.activity.purchases, desk.store.ids) == (False, 0, {})
    assert [(c.channel, c.status) for c in state.consents] == [("email", ConsentStatus.DENIED)]
    assert len(state.ledger) == len(state.suppressions) == 1
    with pytest.raises(NotFound):
        await desk.customers.get("ada")
    assert await upserted(desk, expected_version=0) == state.profile_version + 1
    assert b"loan" not in (await desk.decided(placements=(PlacementRequest("hero"),))).answer
    assert [c.status for c in (await desk.customers.get("ada")).consents] == [ConsentStatus.DENIED]


async def test_deleting_nobody_writes_nothing(desk: Desk) -> None:
    """A customer without a profile is not deleted, and saying so leaves no trace."""
    assert not await desk.customers.delete("nobody")
    assert (desk.store.states, desk.store.journal) == ({}, [])


async def test_the_journal_has_names_but_no_values(desk: Desk) -> None:
    """A profile change is journaled by the names of what changed."""
    await upserted(desk, attributes={"city": "Bonn"}, add_products=("card",))
    assert desk.store.journal == [("customer", b"1 city,products")]


async def test_a_strict_store_is_asked_to_confirm_repeats_too(desk: Desk) -> None:
    """Where a write must be confirmed, an upsert that changes nothing still writes; elsewhere it does not."""
    changes = CustomerChanges(reader=desk.store, writer=desk.store, confirm=True)
    strict = Customers(
        identity=desk.identity, reader=desk.store, changes=changes, catalogs=desk.catalogs, journal=PlainJournal()
    )
    ref = desk.identity.customer("ada")
    command = UpsertCommand("ada", attributes={"city": "Bonn"})
    versions = []
    for customers in (strict, strict, desk.customers):
        await customers.upsert([command])
        versions.append(desk.store.state(ref).engagement_version)
    assert versions == [1, 2, 2]


async def test_a_value_that_may_grow_stale_is_renewed_by_the_same_value(desk: Desk) -> None:
    """Reported again unchanged, an attribute with a `max_age` is fresh anew: a version, but no journal entry."""
    aged = Desk(replace(shop(), max_ages={"age": 1000}), desk.store)
    ref = desk.identity.customer("ada")
    await upserted(aged, attributes={"age": 30, "city": "Bonn"})
    assert dict(desk.store.state(ref).profile.reported_ms) == {"age": START_MS}
    desk.store.now_ms += 500
    assert await upserted(aged, attributes={"age": 30}) == 2
    assert dict(desk.store.state(ref).profile.reported_ms) == {"age": START_MS + 500}
    assert len(desk.store.journal) == 1
