"""What is held for a call that has gone is released, unless another call of the same request relies on it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import (
    Attempt,
    CommitStatus,
    CustomerRef,
    CustomerWrite,
    HeldContact,
    Release,
    ReleaseStatus,
)
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import ContactState
from nba_server.errors import StoreUnavailable
from tests.freezing import frozen
from tests.store.builders import DAY, commit, repeat, until

ONE = (ContactLimit("one", 1, DAY),)


def attempt(store: Store, ref: CustomerRef, request_id: str, name: str = "") -> Attempt:
    """The call that `commit` makes."""
    key = store.identity.request_key("tester", ref.ref, request_id)
    return Attempt(ref, key, name or f"attempt {request_id}")


async def release(store: Store, gone: Attempt) -> Release:
    """As the use case does it: asks for the contacts, then gives their entries."""
    found = await store.releases.release(gone, {})
    if found.status is not ReleaseStatus.WANTED:
        return found
    return await store.releases.release(gone, {held.contact_id: b"gone" for held in found.held})


async def test_what_nobody_relies_on_is_released_and_its_slot_is_free(store: Store) -> None:
    """The contact is released with an entry in the journal, and another request gets the slot."""
    ref = store.identity.customer("c1")
    first = commit(store, ref, "r1", limits=ONE)
    await store.decisions.commit([first])
    wanted = await store.releases.release(attempt(store, ref, "r1"), {})
    assert (wanted.decision_id, wanted.held) == (
        first.decision_id,
        (HeldContact(f"{first.decision_id}:a1", "a1", "web"),),
    )
    assert (await release(store, attempt(store, ref, "r1"))).status is ReleaseStatus.RELEASED
    assert [entry.state for entry in (await store.reader.read([ref])).states[0].ledger] == [ContactState.RELEASED]
    assert [record.kind for record in await store.journal.read({}, 10)] == ["decision", "outcome"]
    (result,) = await store.decisions.commit([commit(store, ref, "r2", limits=ONE)])
    assert len(result.taken) == 1


async def test_a_repeat_keeps_it(store: Store) -> None:
    """A call that came again before the release relies on the answer; the reservation stays until that one goes too."""
    ref = store.identity.customer("c1")
    await store.decisions.commit([commit(store, ref, "r1")])
    again = await store.decisions.repeated(repeat(store, ref, "r1", name="second"))
    assert again is not None
    assert (await release(store, attempt(store, ref, "r1"))).status is ReleaseStatus.KEPT
    assert (await store.reader.read([ref])).states[0].ledger[0].state is ContactState.RESERVED
    assert (await release(store, attempt(store, ref, "r1", "second"))).status is ReleaseStatus.RELEASED


async def test_the_same_id_after_the_release_decides_anew(store: Store) -> None:
    """The request is forgotten: a later call with the id has an effect of its own, and only that one is left."""
    ref = store.identity.customer("c1")
    await store.decisions.commit([commit(store, ref, "r1", limits=ONE)])
    await release(store, attempt(store, ref, "r1"))
    later = commit(store, ref, "r1", actions=("a2",), limits=ONE, attempt="second")
    later = replace(later, decision_id=later.decision_id.replace("-0", "-1", 1))
    (result,) = await store.decisions.commit([later])
    assert (result.status, result.answer) == (CommitStatus.COMMITTED, b"head<a2>")
    states = [entry.state for entry in (await store.reader.read([ref])).states[0].ledger]
    assert sorted(states) == [ContactState.RESERVED, ContactState.RELEASED]
    assert (await release(store, attempt(store, ref, "r1"))).status is ReleaseStatus.ABSENT


async def test_release_and_repeat_in_any_order_leave_one_effect(store: Store) -> None:
    """Released and called again at once, many times: whoever had an answer has exactly one live reservation."""
    for number in range(60):
        ref = store.identity.customer(f"c{number}")
        await store.decisions.commit([commit(store, ref, "r1", limits=ONE)])
        again = commit(store, ref, "r1", limits=ONE, attempt="second")
        again = replace(again, decision_id=again.decision_id.replace("-0", "-1", 1))
        (result,), _ = await asyncio.gather(store.decisions.commit([again]), release(store, attempt(store, ref, "r1")))
        assert len(result.taken) == 1
        ledger = (await store.reader.read([ref])).states[0].ledger
        assert [entry.state for entry in ledger].count(ContactState.RESERVED) == 1


async def test_what_was_confirmed_is_not_released(store: Store) -> None:
    """A contact that was seen meanwhile stays confirmed."""
    ref = store.identity.customer("c1")
    await store.decisions.commit([commit(store, ref, "r1")])
    state = (await store.reader.read([ref])).states[0]
    seen = replace(state.ledger[0], state=ContactState.CONFIRMED)
    await store.customers.write([CustomerWrite(ref, state.engagement_version, ledger=(seen,))])
    assert (await release(store, attempt(store, ref, "r1"))).status is ReleaseStatus.RELEASED
    assert (await store.reader.read([ref])).states[0].ledger == (seen,)


async def test_a_commit_that_lay_in_a_frozen_engine_reserves_nothing(tmp_path: Path) -> None:
    """When the engine goes on after the decision's time, the late commit has no effect, now or later."""
    with EmbeddedEngine.start(tmp_path) as engine:
        store = await Store.open(engine.url, seed=1)
        ref = store.identity.customer("c1")
        now = (await store.reader.read([ref])).now_ms
        with frozen(engine.pid):
            late = asyncio.create_task(store.decisions.commit([commit(store, ref, "r1", valid_until_ms=now + 100)]))
            (result,) = await late
            assert isinstance(result, StoreUnavailable)
        await until(lambda: store.available)
        assert (await store.reader.read([ref])).states[0].ledger == ()
        assert (await release(store, attempt(store, ref, "r1"))).status is ReleaseStatus.ABSENT
        await store.close()


async def test_a_repeat_after_a_withdrawal_has_no_actions(store: Store) -> None:
    """A withdrawal on the channel or on all ends answers given before, not those of other channels or later ones."""
    for number, (channel, ends) in enumerate((("web", True), ("*", True), ("email", False))):
        ref = store.identity.customer(f"c{number}")
        await store.decisions.commit([commit(store, ref, "r1")])
        version = (await store.reader.read([ref])).states[0].engagement_version
        assert await store.customers.write([CustomerWrite(ref, version, withdraws=(channel,))]) == [True]
        for _ in range(2):
            (result,) = await store.decisions.commit([commit(store, ref, "r1")])
            assert (result.status, result.answer) == (
                CommitStatus.REPEATED,
                b"head<withdrawn>" if ends else b"head<a1>",
            )
        assert await store.decisions.repeated(repeat(store, ref, "r1")) == result
        await store.decisions.commit([commit(store, ref, "r2")])
        (result,) = await store.decisions.commit([commit(store, ref, "r2")])
        assert result.answer == b"head<a1>"
