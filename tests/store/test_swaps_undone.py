"""A swap whose caller has gone is undone: the superseded decision holds what it held, unless somebody else was there since."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitResult, CommitStatus, CustomerRef, CustomerWrite, ReleaseStatus, located
from nba_server.domain.cap import Cap
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState
from nba_server.domain.superseding import Refusal
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit
from tests.store.test_caps import decided, swept
from tests.store.test_releases import attempt, release

ONE = (ContactLimit("one", 1, DAY),)
R, X = ContactState.RESERVED, ContactState.RELEASED


async def ledger(store: Store, ref: CustomerRef) -> list[Contact]:
    """The stored contacts."""
    return list((await store.reader.read([ref])).states[0].ledger)


async def one(store: Store, ref: CustomerRef, request_id: str, supersedes: str = "", **other: object) -> CommitResult:
    """One commit under a cap of one contact a day."""
    (result,) = await store.decisions.commit(
        [commit(store, ref, request_id, limits=ONE, supersedes=supersedes, **other)]
    )  # type: ignore[arg-type]
    assert isinstance(result, CommitResult)
    return result


@pytest.fixture
def anna(replay_store: Store) -> CustomerRef:
    """A customer."""
    return replay_store.identity.customer("anna")


def first(store: Store, ref: CustomerRef) -> str:
    """The id of the decision `r1`."""
    return commit(store, ref, "r1").decision_id


@pytest.mark.parametrize("offers_nothing", [False, True])
async def test_the_superseded_decision_holds_again(
    replay_store: Store, anna: CustomerRef, offers_nothing: bool
) -> None:
    """Same state, same end, same timer as before the swap; the slot of the cap is taken by it, and by it alone."""
    store = replay_store
    await one(store, anna, "r1", actions=("a1",))
    before = await ledger(store, anna)
    await store.clock.advance(REPLAY_START_MS + 1_000)
    await one(store, anna, "r2", first(store, anna), actions=("a2",), **({"offers": ()} if offers_nothing else {}))
    assert (await release(store, attempt(store, anna, "r2"))).status is ReleaseStatus.RELEASED
    after = await ledger(store, anna)
    assert after[:1] == before
    assert [contact.state for contact in after[1:]] == ([] if offers_nothing else [X])
    assert (await one(store, anna, "r3")).taken == ()
    await store.clock.advance(REPLAY_START_MS + 2 * DAY)
    assert [due.due_ms for due in await store.timers.due(10)] == [before[0].respond_until_ms]


async def test_the_same_swap_may_come_again(replay_store: Store, anna: CustomerRef) -> None:
    """The request decides anew in the place of the same decision, as if the first try had never been."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna))
    await release(store, attempt(store, anna, "r2"))
    again = commit(store, anna, "r2", actions=("a3",), limits=ONE, supersedes=first(store, anna), attempt="second")
    again = replace(again, decision_id=again.decision_id.replace("-0", "-1", 1))
    (result,) = await store.decisions.commit([again])
    assert isinstance(result, CommitResult)
    assert (result.status, result.answer) == (CommitStatus.COMMITTED, b"head<a3>")
    states = {contact.action: contact.state for contact in await ledger(store, anna)}
    assert states == {"a1": X, "a3": R}
    assert (await one(store, anna, "r4", first(store, anna))).refusal is Refusal.SUPERSEDED


async def test_a_slot_that_somebody_took_since_is_not_taken_back(replay_store: Store, anna: CustomerRef) -> None:
    """With any change of the customer in between the superseded decision stays released, so that no limit is passed."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna), offers=())
    assert (await one(store, anna, "r3", actions=("a3",))).taken == (0,)
    assert (await release(store, attempt(store, anna, "r2"))).status is ReleaseStatus.RELEASED
    assert {contact.action: contact.state for contact in await ledger(store, anna)} == {"a1": X, "a3": R}
    assert (await one(store, anna, "r4", first(store, anna))).refusal is Refusal.EXPIRED


async def test_in_a_household_nothing_is_taken_back(replay_store: Store, anna: CustomerRef) -> None:
    """Others may have taken a slot of the household in between, which the customer's own record does not tell."""
    store, household = replay_store, replay_store.identity.household("home")
    await store.households.place(anna, household)
    home = located(anna, (await store.reader.read([anna])).states[0])
    await one(store, home, "r1", profile_version=1)
    await one(store, home, "r2", first(store, home), profile_version=1)
    assert (await release(store, attempt(store, home, "r2"))).status is ReleaseStatus.RELEASED
    assert {contact.state for contact in await ledger(store, anna)} == {X}


async def test_a_chain_is_undone_from_its_end_only(replay_store: Store, anna: CustomerRef) -> None:
    """When the middle call goes after it was superseded itself, neither end changes."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna), actions=("a2",))
    await one(store, anna, "r3", commit(store, anna, "r2").decision_id, actions=("a3",))
    await release(store, attempt(store, anna, "r2"))
    assert {contact.action: contact.state for contact in await ledger(store, anna)} == {"a1": X, "a2": X, "a3": R}
    assert (await one(store, anna, "r4", first(store, anna))).refusal is Refusal.SUPERSEDED
    await release(store, attempt(store, anna, "r3"))
    states = {contact.action: contact.state for contact in await ledger(store, anna)}
    assert states == {"a1": X, "a2": R, "a3": X}


async def test_a_decision_that_was_superseded_without_offers_is_not_undone(
    replay_store: Store, anna: CustomerRef
) -> None:
    """Nothing was written to the customer, and yet somebody relies on the end of the chain."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna), offers=())
    await one(store, anna, "r3", commit(store, anna, "r2").decision_id, offers=())
    await release(store, attempt(store, anna, "r2"))
    assert [contact.state for contact in await ledger(store, anna)] == [X]


async def test_what_was_confirmed_meanwhile_ends_it(replay_store: Store, anna: CustomerRef) -> None:
    """An outcome on the new decision says that its answer arrived: the old one is not held again."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna), actions=("a2",))
    state = (await store.reader.read([anna])).states[0]
    seen = tuple(replace(c, state=ContactState.CONFIRMED) if c.action == "a2" else c for c in state.ledger)
    await store.customers.write([CustomerWrite(anna, state.engagement_version, ledger=seen)])
    await release(store, attempt(store, anna, "r2"))
    states = {contact.action: contact.state for contact in await ledger(store, anna)}
    assert states == {"a1": X, "a2": ContactState.CONFIRMED}


async def test_a_reservation_that_has_ended_meanwhile_does_not_count(replay_store: Store, anna: CustomerRef) -> None:
    """It is put back with its own end, which has passed: nothing is held longer than it was given."""
    store = replay_store
    await one(store, anna, "r1")
    await one(store, anna, "r2", first(store, anna))
    await store.clock.advance(REPLAY_START_MS + HOUR + 1)
    await release(store, attempt(store, anna, "r2"))
    assert (await one(store, anna, "r3")).taken == (0,)


@pytest.mark.parametrize("sold_meanwhile", [False, True])
async def test_units_of_a_cap_are_taken_again_where_there_are_any(replay_store: Store, sold_meanwhile: bool) -> None:
    """A total of one unit is sold once: to the decision that holds again, or to whoever was faster in the bucket."""
    store, cap = replay_store, Cap("stock", 1, actions=frozenset({"a1"}))
    anna = store.identity.customer("anna")
    number = next(n for n in range(10_000) if store.identity.customer(f"c{n}").bucket == anna.bucket)
    await decided(store, "anna", cap, request_id="r1")
    await one(store, anna, "r2", first(store, anna), actions=("a2",))
    if sold_meanwhile:
        assert (await decided(store, f"c{number}", cap)).taken == (0,)
    await release(store, attempt(store, anna, "r2"))
    states = {contact.action: contact.state for contact in await ledger(store, anna)}
    assert states == {"a1": X if sold_meanwhile else R, "a2": X}
    assert await swept(store, cap) == 1
