"""Committing decisions: idempotent, guarded, atomic; one entry of the journal for each."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CommitStatus, CustomerWrite, Muting
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import ContactState, Suppression, SuppressionLevel
from tests.conftest import REPLAY_START_MS
from tests.store.builders import DAY, HOUR, commit, contact, offer, repeat


async def test_a_commit_reserves_journals_and_answers(replay_store: Store) -> None:
    """One call leaves a ledger entry, a timer, a stream entry and the answer's parts in their order."""
    ref = replay_store.identity.customer("c1")
    (result,) = await replay_store.decisions.commit([commit(replay_store, ref, "r1")])
    assert (result.status, result.answer, result.taken) == (CommitStatus.COMMITTED, b"head<a1>", (0,))

    state = (await replay_store.reader.read([ref])).states[0]
    (entry,) = state.ledger
    assert (entry.at_ms, entry.expires_ms) == (REPLAY_START_MS, REPLAY_START_MS + HOUR)
    assert (entry.respond_until_ms, entry.state) == (REPLAY_START_MS + DAY, ContactState.RESERVED)
    assert (state.engagement_version, state.profile_version, state.guard_version) == (1, 0, 0)

    (record,) = await replay_store.journal.read({}, 10)
    assert (record.kind, record.payload, record.taken, record.at_ms) == ("decision", b"entry r1", (0,), REPLAY_START_MS)
    await replay_store.clock.advance(REPLAY_START_MS + DAY)
    (due,) = await replay_store.timers.due(10)
    assert (due.customer, due.contact_id, due.due_ms) == (ref, "", REPLAY_START_MS + DAY)


async def test_the_same_request_gets_the_same_answer_and_reserves_once(store: Store) -> None:
    """A repeat answers byte for byte what the first call answered, even when it would now be decided otherwise."""
    ref = store.identity.customer("c1")
    first = commit(store, ref, "r1")
    await store.decisions.commit([first])
    again = replace(first, head=b"other", guard_version=9)
    (result,) = await store.decisions.commit([again])
    assert (result.status, result.answer, result.taken) == (CommitStatus.REPEATED, b"head<a1>", (0,))
    assert await store.decisions.repeated(repeat(store, ref, "r1")) == result
    assert len((await store.reader.read([ref])).states[0].ledger) == 1
    assert await store.journal.length() == 1


async def test_sixteen_concurrent_duplicates_are_one_decision(store: Store) -> None:
    """Of many equal calls at once exactly one commits and all answer the same."""
    ref = store.identity.customer("c1")
    results = await asyncio.gather(*(store.decisions.commit([commit(store, ref, "r1")]) for _ in range(16)))
    statuses = [result.status for (result,) in results]
    assert statuses.count(CommitStatus.COMMITTED) == 1
    assert statuses.count(CommitStatus.REPEATED) == 15
    assert {result.answer for (result,) in results} == {b"head<a1>"}
    assert await store.journal.length() == 1


async def test_the_same_request_id_with_another_request_is_refused(store: Store) -> None:
    """A key used for another request is a conflict and changes nothing."""
    ref = store.identity.customer("c1")
    await store.decisions.commit([commit(store, ref, "r1")])
    other = commit(store, ref, "r1", fingerprint="f2")
    (result,) = await store.decisions.commit([other])
    assert (result.status, result.answer) == (CommitStatus.CONFLICT, b"")
    assert await store.decisions.repeated(repeat(store, ref, "r1", "f2")) == result
    assert await store.journal.length() == 1


async def test_an_unknown_request_was_not_answered_before(store: Store) -> None:
    """Without an earlier commit there is nothing to repeat."""
    assert await store.decisions.repeated(repeat(store, store.identity.customer("c1"), "r1")) is None


async def test_a_decision_made_on_a_revoked_consent_is_stale(store: Store) -> None:
    """A consent revoked between read and commit makes the commit stale; nothing is written."""
    ref = store.identity.customer("c1")
    revoked = (Consent("web", "advertising", ConsentStatus.REVOKED, 1),)
    assert await store.customers.write([CustomerWrite(ref, 0, consents=revoked, bump_guard=True)]) == [True]
    (result,) = await store.decisions.commit([commit(store, ref, "r1")])
    assert result.status is CommitStatus.STALE
    assert await store.journal.length() == 0
    (result,) = await store.decisions.commit([commit(store, ref, "r1", guard_version=1)])
    assert result.status is CommitStatus.COMMITTED


async def test_suppressions_of_new_rules_are_stored_while_they_hold(store: Store) -> None:
    """Worked out on the customer as stored they are kept with the decision; on an older state they are left out."""
    ref = store.identity.customer("c1")
    pause = Suppression(SuppressionLevel.ACTION, "a9", "*", 1, 0, "r", "x")
    await store.decisions.commit([commit(store, ref, "r1", muting=Muting((pause,), "rules", 0))])
    state = (await store.reader.read([ref])).states[0]
    assert (state.suppressions, state.suppression_hash, state.engagement_version) == ((pause,), "rules", 1)
    await store.decisions.commit([commit(store, ref, "r2", muting=Muting((), "other", 0))])
    assert (await store.reader.read([ref])).states[0].suppression_hash == "rules"
    assert (await store.reader.read([ref])).states[0].guard_version == 0


async def test_a_changed_profile_makes_a_decision_stale(store: Store) -> None:
    """The profile's version is compared as well as that of consents and suppressions."""
    ref = store.identity.customer("c1")
    await store.customers.write([CustomerWrite(ref, 0, bump_profile=True)])
    (result,) = await store.decisions.commit([commit(store, ref, "r1")])
    assert result.status is CommitStatus.STALE


async def test_a_lost_slot_is_filled_by_the_next_that_fits(store: Store) -> None:
    """When a limit forbids the first choice, the store takes the next one and says that it is a substitute."""
    ref = store.identity.customer("c1")
    once = ContactLimit("once", 1, DAY, actions=frozenset({"a1"}))
    await store.decisions.commit([commit(store, ref, "r1", limits=(once,))])
    second = commit(store, ref, "r2", actions=("a1", "a2"), alternates=("a3", "a4"), limits=(once,))
    (result,) = await store.decisions.commit([second])
    assert (result.answer, result.taken) == (b"head<a2><s:a3>", (1, 2))
    record = (await store.journal.read({}, 10))[-1]
    assert (record.taken, record.substituted) == ((1, 2), (2,))


async def test_without_a_slot_left_the_answer_is_no_offer(store: Store) -> None:
    """A customer whose cap is reached gets no offer, and the decision is journaled all the same."""
    ref = store.identity.customer("c1")
    one = ContactLimit("one", 1, DAY)
    await store.decisions.commit([commit(store, ref, "r1", limits=(one,))])
    (result,) = await store.decisions.commit([commit(store, ref, "r2", alternates=("a2",), limits=(one,))])
    assert (result.status, result.answer, result.taken) == (CommitStatus.COMMITTED, b"head<none>", ())
    assert await store.journal.length() == 2
    assert (await store.reader.read([ref])).states[0].engagement_version == 1


async def test_a_slate_is_one_contact(store: Store) -> None:
    """Several actions shown together count once against a limit of one."""
    ref = store.identity.customer("c1")
    one = ContactLimit("one", 1, DAY)
    (result,) = await store.decisions.commit([commit(store, ref, "r1", actions=("a1", "a2", "a3"), limits=(one,))])
    assert result.taken == (0, 1, 2)


async def test_an_action_is_taken_once_over_all_placements(store: Store) -> None:
    """A later placement passes over an action that an earlier one took, and an empty placement says so."""
    ref = store.identity.customer("c1")
    made = commit(store, ref, "r1")
    first = contact("a1", made.decision_id)
    wide = replace(
        made,
        slots=(1, 1, 1),
        offers=(
            offer(0, first),
            offer(1, first, 1, 1),
            offer(2, contact("a2", made.decision_id), 0, 1),
            offer(3, first, 1, 2),
        ),
        no_offers=(b"<none0>", b"<none1>", b"<none2>"),
    )
    (result,) = await store.decisions.commit([wide])
    assert (result.answer, result.taken) == (b"head<a1><s:a2><none2>", (0, 2))


async def test_an_anonymous_visitor_leaves_no_ledger(store: Store) -> None:
    """Only the journal and the idempotency record are written for a request without any id."""
    ref = store.identity.anonymous("r1")
    made = commit(store, ref, "r1", anonymous=True)
    (result,) = await store.decisions.commit([made])
    (again,) = await store.decisions.commit([made])
    assert (result.status, again.status) == (CommitStatus.COMMITTED, CommitStatus.REPEATED)
    assert (result.answer, again.answer) == (b"head<a1>", b"head<a1>")
    state = (await store.reader.read([ref])).states[0]
    assert (state.ledger, state.engagement_version) == ((), 0)
    assert await store.journal.length() == 1


async def test_a_shadow_limit_is_not_applied(store: Store) -> None:
    """A limit that is only counted forbids nothing."""
    ref = store.identity.customer("c1")
    shadow = ContactLimit("s", 0, DAY, shadow=True)
    (result,) = await store.decisions.commit([commit(store, ref, "r1", limits=(shadow,))])
    assert result.taken == (0,)


async def test_entries_older_than_the_retention_leave_the_ledger(replay_store: Store) -> None:
    """A commit drops what is older than the retention, unless its response window is still open."""
    ref = replay_store.identity.customer("c1")
    old = contact("old", "d0", id="d0:old", at_ms=REPLAY_START_MS - 3 * DAY, respond_until_ms=REPLAY_START_MS - DAY)
    open_ = replace(old, id="d0:open", action="open", respond_until_ms=REPLAY_START_MS + DAY)
    await replay_store.customers.write([CustomerWrite(ref, 0, ledger=(old, open_))])
    await replay_store.decisions.commit([commit(replay_store, ref, "r1", retention_ms=2 * DAY)])
    state = (await replay_store.reader.read([ref])).states[0]
    assert [entry.action for entry in state.ledger] == ["open", "a1"]


async def test_a_batch_keeps_its_order(store: Store) -> None:
    """Results of many commits come back in the order of the commits, each with its own status."""
    refs = [store.identity.customer(f"c{i}") for i in range(40)]
    results = await store.decisions.commit([commit(store, ref, "r1", actions=(f"a{i}",)) for i, ref in enumerate(refs)])
    assert [result.answer for result in results] == [f"head<a{i}>".encode() for i in range(40)]
    assert await store.decisions.commit([]) == []


async def test_a_cancelled_call_never_mixes_up_the_answers_of_others(store: Store) -> None:
    """Calls cancelled at any point leave connections on which every later call gets its own answer."""
    refs = [store.identity.customer(f"c{i}") for i in range(40)]

    async def one(number: int) -> bytes:
        (result,) = await store.decisions.commit([commit(store, refs[number], "r1", actions=(f"a{number}",))])
        return result.answer

    calls = [asyncio.create_task(one(number)) for number in range(40)]
    for number, call in enumerate(calls):
        for _ in range(number % 7):
            await asyncio.sleep(0)
        if number % 2:
            call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(answers[number] == f"head<a{number}>".encode() for number in range(0, 40, 2))
    assert [await one(number) for number in range(40)] == [f"head<a{number}>".encode() for number in range(40)]
    assert await store.journal.length() == 40
