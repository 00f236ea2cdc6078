"""Recording outcomes: effects visible at once, repeats without effect, every refusal with a stable reason."""

from __future__ import annotations

import asyncio

from nba_server.application.customer_validation import UpsertCommand
from nba_server.application.record_contacts import ContactCommand
from nba_server.application.record_outcomes import OutcomeCommand, OutcomeStatus
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import PlacementRequest
from nba_server.domain.engagement import ContactState
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.errors import InvalidArgument, NotFound
from tests.fakes import START_MS
from tests.unit.application.conftest import Desk
from tests.unit.application.shop import DAY_MS, shop

HERO = (PlacementRequest("hero"),)


async def offered(desk: Desk, customer: str = "ada") -> str:
    """The id of a decision that offered the loan."""
    return (await desk.decided(customer, placements=HERO)).decision_id


async def test_a_rejection_is_seen_by_the_next_decision() -> None:
    """The rejected action is muted at once, and the answer says so."""
    desk = Desk(shop(limits=()))
    result = await desk.outcome(OutcomeType.REJECTED, await offered(desk))
    assert result.status is OutcomeStatus.RECORDED
    assert any("muted action loan" in effect for effect in result.effects)
    assert b"loan" not in (await desk.decided(placements=HERO)).answer


async def test_a_new_rule_holds_from_the_next_decision() -> None:
    """After the rule set changed a customer is muted, or no more, at the next decision; it is stored with it."""
    desk = Desk(shop(limits=(), suppressions=()))
    ref, decision = desk.identity.customer("ada"), await offered(desk)
    await desk.outcome(OutcomeType.REJECTED, decision)
    assert b"loan" in (await desk.decided(placements=HERO)).answer
    desk.catalogs.live = shop(limits=(), hash_="shop-2")
    assert b"loan" not in (await desk.decided(placements=HERO)).answer
    stored = desk.store.state(ref)
    assert [item.key for item in stored.suppressions] == ["loan"]
    assert stored.suppression_hash == desk.catalogs.live.suppression_hash
    desk.catalogs.live = shop(limits=(), suppressions=(), hash_="shop-3")
    assert b"loan" in (await desk.decided(placements=HERO)).answer
    assert desk.store.state(ref).suppressions == ()


async def test_a_repeat_changes_nothing(desk: Desk) -> None:
    """The second event with the same id is answered as a repeat and is not journaled."""
    decision = await offered(desk)
    first = await desk.outcome(OutcomeType.CLICKED, decision, event_id="e1")
    before = (desk.store.states.copy(), len(desk.store.journal))
    again = await desk.outcome(OutcomeType.CLICKED, decision, event_id="e1")
    assert (first.status, again.status) == (OutcomeStatus.RECORDED, OutcomeStatus.REPEATED)
    assert (desk.store.states, len(desk.store.journal)) == before


async def test_a_repeat_within_one_batch_is_seen(desk: Desk) -> None:
    """Two equal events in one call are one outcome, in one write with one journal entry."""
    event = OutcomeEvent(OutcomeType.CLICKED, await offered(desk))
    results = await desk.outcomes([OutcomeCommand(event, "tests"), OutcomeCommand(event, "tests")])
    assert [result.status for result in results] == [OutcomeStatus.RECORDED, OutcomeStatus.REPEATED]
    assert [kind for kind, _ in desk.store.journal] == ["decision", "outcome"]


async def test_opting_out_revokes_the_consent_in_the_same_write(desk: Desk) -> None:
    """Consent, ledger and journal change together, and both versions that clients and decisions compare grow."""
    ref = desk.identity.customer("ada")
    decision = await offered(desk)
    before = desk.store.state(ref)
    result = await desk.outcome(OutcomeType.OPTED_OUT, decision)
    after = desk.store.state(ref)
    assert result.status is OutcomeStatus.RECORDED
    assert [(c.channel, c.purpose, c.status) for c in after.consents] == [("web", "advertising", ConsentStatus.REVOKED)]
    assert after.engagement_version == before.engagement_version + 1
    assert (after.profile_version, after.guard_version) == (before.profile_version + 1, before.guard_version + 1)
    assert b"loan" not in (await desk.decided(placements=HERO)).answer


async def test_a_withdrawn_opt_out_gives_the_consent_back() -> None:
    """Taking the opt-out back removes the revocation that it wrote."""
    desk = Desk(shop(limits=()))
    decision = await offered(desk)
    await desk.outcome(OutcomeType.OPTED_OUT, decision)
    result = await desk.outcome(OutcomeType.WITHDRAWN, decision, withdraws="opted_out")
    assert result.status is OutcomeStatus.RECORDED
    assert desk.store.state(desk.identity.customer("ada")).consents == ()


async def test_a_response_ends_the_wait(desk: Desk) -> None:
    """The timer goes when the customer has responded, and stays after an impression."""
    decision = await offered(desk)
    await desk.outcome(OutcomeType.IMPRESSION, decision)
    assert len(desk.store.timers) == 1
    await desk.outcome(OutcomeType.ACCEPTED, decision)
    assert desk.store.timers == {}


async def test_not_mentioned_releases_the_contact(desk: Desk) -> None:
    """The slot is free again for the next decision."""
    await desk.outcome(OutcomeType.NOT_MENTIONED, await offered(desk))
    assert (await desk.decided(placements=HERO)).answer.endswith(b"hero 1 loan\n")


async def test_an_answer_after_the_window_is_late(desk: Desk) -> None:
    """The reaction is recorded as late, and the journal entry says so."""
    decision = await offered(desk)
    await desk.outcome(OutcomeType.IMPRESSION, decision)
    desk.store.now_ms += 4 * DAY_MS
    assert (await desk.outcome(OutcomeType.ACCEPTED, decision)).status is OutcomeStatus.RECORDED_LATE
    assert desk.store.journal[-1][1].endswith(b"accepted tests late")


async def test_all_faults_of_an_outcome_are_named(desk: Desk) -> None:
    """Two subjects, a lone `withdraws`, a value that is no number and an overlong id are one refusal."""
    result = await desk.outcome(
        OutcomeType.CLICKED,
        "d",
        contact_id="c",
        withdraws="clicked",
        value=float("inf"),
        event_id="e" * 300,
        occurred_ms=-1,
    )
    assert isinstance(result.error, InvalidArgument)
    fields = {violation.field for violation in result.error.violations}
    assert fields == {"decision_id", "withdraws", "value", "event_id", "occurred_at"}


async def test_what_belongs_to_a_type_is_asked_for(desk: Desk) -> None:
    """A score needs its value, a withdrawal names what it withdraws, a contact its customer."""
    decision = await offered(desk)
    score = await desk.outcome(OutcomeType.SCORE, decision)
    withdrawn = await desk.outcome(OutcomeType.WITHDRAWN, decision)
    contact = await desk.outcome(OutcomeType.CLICKED, contact_id="mail-1")
    assert [str(result.error).split(":")[0] for result in (score, withdrawn, contact)] == [
        "value",
        "withdraws",
        "customer_id",
    ]


async def test_the_server_alone_ends_the_wait_of_a_decision(desk: Desk) -> None:
    """A caller's `no_response` is refused for our decisions and taken for contacts made elsewhere."""
    refused = await desk.outcome(OutcomeType.NO_RESPONSE, await offered(desk))
    assert refused.status is OutcomeStatus.REFUSED
    await desk.contacts([ContactCommand("ada", "mail-1", "email", "loan")])
    taken = await desk.outcome(OutcomeType.NO_RESPONSE, contact_id="mail-1", customer_id="ada")
    assert taken.status is OutcomeStatus.RECORDED


async def test_no_name_of_our_contact_lets_a_caller_end_its_wait(desk: Desk) -> None:
    """By its ledger id, too, our contact's `no_response` is the server's: no caller reports it or takes it back."""
    decision = await offered(desk)
    ours: dict[str, str] = {"contact_id": f"{decision}:loan", "customer_id": "ada"}
    refused = await desk.outcome(OutcomeType.NO_RESPONSE, **ours)
    assert isinstance(refused.error, InvalidArgument)
    assert [violation.field for violation in refused.error.violations] == ["type"]

    await desk.outcome(OutcomeType.IMPRESSION, decision)
    desk.store.now_ms += 4 * DAY_MS
    assert (await desk.expire()).no_responses == 1
    for subject in (ours, {"decision_id": decision}):
        back = await desk.outcome(OutcomeType.WITHDRAWN, withdraws="no_response", **subject)
        assert isinstance(back.error, InvalidArgument)
        assert [violation.field for violation in back.error.violations] == ["withdraws"]
    assert (await desk.expire()).due == 0


async def test_a_contact_id_means_the_contact_of_that_name_first(desk: Desk) -> None:
    """An id that looks like another contact's place in the ledger still finds the contact recorded under it."""
    await desk.contacts([ContactCommand("ada", name, "email", "loan") for name in ("1", "x:1")])
    await desk.outcome(OutcomeType.CLICKED, contact_id="x:1", customer_id="ada")
    ledger = desk.store.state(desk.identity.customer("ada")).ledger
    assert {entry.id: len(entry.reactions) for entry in ledger} == {"x:1": 0, "x:x:1": 1}


async def test_the_future_is_refused(desk: Desk) -> None:
    """A time beyond the clocks' tolerance is refused; within it the event counts as now."""
    decision = await offered(desk)
    ahead = await desk.outcome(OutcomeType.CLICKED, decision, occurred_ms=START_MS + 60_000)
    assert isinstance(ahead.error, InvalidArgument)
    assert (await desk.outcome(OutcomeType.CLICKED, decision, occurred_ms=START_MS + 1_000)).error is None
    (contact,) = desk.store.state(desk.identity.customer("ada")).ledger
    assert [reaction.at_ms for reaction in contact.reactions] == [START_MS]


async def test_unknown_decisions_are_refused_with_a_reason(desk: Desk) -> None:
    """A forged id, an id of this form that offered nothing, and another action each have their word."""
    decision = await offered(desk)
    forged = await desk.outcome(OutcomeType.CLICKED, "nonsense")
    assert isinstance(forged.error, InvalidArgument)
    key = desk.identity.request_key("tests", desk.identity.customer("eve").ref, "r")
    bucket = desk.identity.customer("eve").bucket
    unknown = await desk.outcome(OutcomeType.CLICKED, desk.identity.decision_id(bucket, START_MS, key))
    other = await desk.outcome(OutcomeType.CLICKED, decision, action="card")
    assert [result.error.reason for result in (unknown, other) if result.error] == [
        "DECISION_NOT_FOUND",
        "ACTION_NOT_OFFERED",
    ]
    assert isinstance(unknown.error, NotFound)


async def test_a_refused_outcome_never_fails_its_neighbours(desk: Desk) -> None:
    """In one batch of one customer the good ones are written, each with its own result."""
    decision = await offered(desk)
    commands = [
        OutcomeCommand(OutcomeEvent(OutcomeType.IMPRESSION, decision), "tests"),
        OutcomeCommand(OutcomeEvent(OutcomeType.CLICKED, decision, action="card"), "tests"),
        OutcomeCommand(OutcomeEvent(OutcomeType.CLICKED, decision), "tests"),
    ]
    results = await desk.outcomes(commands)
    assert [result.status.value for result in results] == ["recorded", "refused", "recorded"]
    (contact,) = desk.store.state(desk.identity.customer("ada")).ledger
    assert contact.state is ContactState.CONFIRMED
    assert [reaction.type for reaction in contact.reactions] == ["impression", "clicked"]


async def test_concurrent_outcomes_all_count(desk: Desk) -> None:
    """Twenty calls at once on one contact lose nothing, although each reads before it writes."""
    decision = await offered(desk)

    async def yielding() -> None:
        await asyncio.sleep(0)

    desk.store.after_read = yielding
    calls = [desk.outcome(OutcomeType.SCORE, decision, event_id=f"e{n}", value=float(n)) for n in range(20)]
    results = await asyncio.gather(*calls)
    assert all(result.status is OutcomeStatus.RECORDED for result in results)
    (contact,) = desk.store.state(desk.identity.customer("ada")).ledger
    assert len(contact.reactions) == 20


async def test_an_outcome_leads_to_its_visitor(desk: Desk) -> None:
    """The decision id alone finds the ledger of a visitor who is no customer."""
    result = await desk.decided("", visitor_id="cookie", placements=HERO)
    assert (await desk.outcome(OutcomeType.CLICKED, result.decision_id)).status is OutcomeStatus.RECORDED


async def test_a_consent_given_later_holds_after_an_opt_out() -> None:
    """A grant that is newer than the revocation, and has a proof, opens the channel again."""
    desk = Desk(shop(limits=()))
    await desk.outcome(OutcomeType.OPTED_OUT, await offered(desk))
    desk.store.now_ms += 1
    granted = Consent("web", "advertising", ConsentStatus.GRANTED, 0, proof_id="call-17")
    await desk.customers.upsert([UpsertCommand("ada", consents=(granted,))])
    assert (await desk.decided(placements=HERO)).answer.endswith(b"hero 1 loan\n")
