"""A call from the ring to the closing note: what the customer says counts at once, on every channel, until somebody closes it."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nba_server.adapters.journal_entry import candidates_of
from nba_server.pb import contact_pb2, customer_pb2, decision_pb2, event_pb2, journal_pb2, matter_pb2, reason_pb2
from tests.integration.running import Running, failure, reason, request

MATTERS = """
matters:
  - id: unhappy
    title: Low score
    opens_on: [score]
    below: 7
    measures: [nps]
    mutes: {issues: [sell]}
    advice: Ask what went wrong.
  - id: complaint
    title: Open complaint
    opens_on: [complaint]
    mutes: {groups: [upgrades]}
  - id: fault
    title: Fault being mended
    opens_on: [service_case]
    categories: [fault]
    mutes: {attributes: {family: mobile}}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """The small telephone company with matters."""
    folder = Path(shutil.copytree(Path(__file__).parents[2] / "examples/minimal", tmp_path / "catalogue"))
    (folder / "matters.yaml").write_text(MATTERS, encoding="utf-8")
    return folder


async def record(server: Running, **fields: object) -> event_pb2.EventResult:
    """One event of anna."""
    event = event_pb2.Event(customer_id="anna", **fields)  # type: ignore[arg-type]
    return (await server.stubs.events.RecordEvents(event_pb2.RecordEventsRequest(events=[event]))).results[0]


async def matters(server: Running) -> list[matter_pb2.Matter]:
    """All of anna's matters."""
    return list((await server.stubs.matters.ListMatters(matter_pb2.ListMattersRequest(customer_id="anna"))).matters)


async def ledger(server: Running) -> dict[str, contact_pb2.LedgerContact]:
    """Anna's contacts by id."""
    answer = await server.stubs.contacts.GetContacts(contact_pb2.GetContactsRequest(customer_id="anna"))
    return {contact.contact_id: contact for contact in answer.contacts}


async def traced(server: Running, decision_id: str) -> dict[str, decision_pb2.ActionTrace]:
    """Why each action was or was not offered."""
    answer = await server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id=decision_id))
    assert answer.identical, list(answer.differences)
    return {trace.action: trace for trace in answer.trace}


async def test_a_call_from_the_ring_to_the_closing_note(server: Running) -> None:
    """Accepted: tomorrow's e-mail of it is called off. NPS 4: nothing is sold anywhere until the matter is closed with a note."""
    await server.stubs.upsert()
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    mail = contact_pb2.Contact(customer_id="anna", contact_id="mail-1", channel="email", action="unlimited")
    mail.occurred_at.FromDatetime(tomorrow)
    await server.stubs.contacts.RecordContact(contact_pb2.RecordContactRequest(contact=mail))

    call = await server.stubs.decide(request_id="call-1", context={"reason": "question"})
    assert {offer.action for offer in call.actions} == {"unlimited", "second-sim"}
    await server.stubs.react(call.decision_id, "NOT_MENTIONED", "second-sim")
    accepted = await server.stubs.react(call.decision_id, "ACCEPTED", "unlimited")
    assert any(words.startswith("called off unlimited on email") for words in accepted.effects)
    found = (await ledger(server))["x:mail-1"]
    assert (found.state, found.counts) == (contact_pb2.CONTACT_STATE_RELEASED, False)

    scored = await record(
        server, event_id="survey-9", channel="call", text="Waited long", score=event_pb2.Score(measure="nps", value=4)
    )
    assert scored.recorded
    (matter,) = await matters(server)
    assert list(scored.matter_ids) == [matter.matter_id]
    assert (matter.open, matter.title, matter.score, matter.text) == (True, "Low score", 4.0, "Waited long")
    assert list(matter.mutes) == ["issue sell"]
    assert set(matter.muted_actions) == {"unlimited", "second-sim", "fibre"}

    for channel in ("call", "web", "email"):
        answer = await server.stubs.decide(channel=channel)
        assert not {offer.issue for offer in answer.actions} & {"sell"}, channel
        trace = (await traced(server, answer.decision_id))["second-sim"]
        if channel != "web":  # there it has no treatment
            assert trace.stage == reason_pb2.STAGE_SUITABILITY
            assert (trace.reasons[0].code, trace.reasons[0].subject) == ("open_matter", "unhappy")
            assert matter.matter_id in trace.reasons[0].text

    closing = matter_pb2.CloseMatterRequest(
        customer_id="anna", matter_id=matter.matter_id, note="Called back, ten euros credited.", agent="Desk 4"
    )
    closed = await server.stubs.matters.CloseMatter(closing)
    again = await server.stubs.matters.CloseMatter(closing)
    assert (closed.closed, again.closed) == (True, False)
    (matter,) = await matters(server)
    assert (matter.open, matter.note, matter.closed_by) == (False, "Called back, ten euros credited.", "Desk 4")
    assert matter.closed_at.seconds
    assert "second-sim" in {offer.action for offer in (await server.stubs.decide()).actions}


async def test_our_own_planned_message_is_called_off_too(server: Running) -> None:
    """A complaint releases the e-mail that was decided for later, and gives its place in the limits back."""
    await server.stubs.upsert()
    mail = await server.stubs.decide(channel="email", request_id="batch-1")
    contact_id = f"{mail.decision_id}:{mail.actions[0].action}"
    result = await record(server, event_id="c-1", complaint=event_pb2.Complaint())
    assert any("called off" in words for words in result.effects)
    assert (await ledger(server))[contact_id].state == contact_pb2.CONTACT_STATE_RELEASED
    answer = await server.stubs.contacts.GetContacts(contact_pb2.GetContactsRequest(customer_id="anna"))
    assert {use.limit: use.used for use in answer.limits}["one-email-a-week"] == 0
    assert [matter.rule for matter in answer.matters] == ["complaint"]


async def test_a_complaint_on_an_offer_opens_a_matter_and_its_withdrawal_closes_it(server: Running) -> None:
    """The outcome alone is enough; taking it back closes what nothing else opened, with a note that says so."""
    await server.stubs.upsert()
    call = await server.stubs.decide()
    result = await server.stubs.react(call.decision_id, "COMPLAINT", "second-sim", event_id="o-1")
    assert any("opened matter" in words for words in result.effects)
    assert [matter.open for matter in await matters(server)] == [True]
    await server.stubs.react(call.decision_id, "WITHDRAWN", "second-sim", withdraws="o-1")
    (matter,) = await matters(server)
    assert (matter.open, matter.note, matter.closed_by) == (False, "What opened it was taken back.", "server")


async def test_events_count_once_and_in_their_own_order(server: Running) -> None:
    """A repeat changes nothing; a case whose end arrives before its beginning is closed, and opening it again opens it."""
    await server.stubs.upsert()
    now = datetime.now(UTC)

    async def case(event_id: str, status: str, minutes: int, text: str = "") -> event_pb2.EventResult:
        body = event_pb2.ServiceCase(case_id="T-7", status=f"SERVICE_CASE_STATUS_{status}", category="fault")
        event = event_pb2.Event(customer_id="anna", event_id=event_id, text=text, service_case=body)
        event.occurred_at.FromDatetime(now + timedelta(minutes=minutes))
        return (await server.stubs.events.RecordEvents(event_pb2.RecordEventsRequest(events=[event]))).results[0]

    assert (await case("e-2", "CLOSED", -10, "New router.")).recorded
    assert (await case("e-1", "OPENED", -20, "No signal")).recorded
    (matter,) = await matters(server)
    assert (matter.open, matter.note, matter.case_id) == (False, "New router.", "T-7")
    assert not (await case("e-1", "OPENED", -20)).recorded
    assert (await case("e-3", "OPENED", -5, "Again no signal")).recorded
    (matter,) = await matters(server)
    assert (matter.open, matter.category) == (True, "fault")
    assert [note.text for note in matter.earlier_notes] == ["New router."]
    assert matter.text.splitlines() == ["No signal", "Again no signal"]
    assert (await server.stubs.decide()).actions[0].action == "app"
    assert (await case("e-4", "CLOSED", -1, "Mended.")).recorded
    assert "second-sim" in {offer.action for offer in (await server.stubs.decide()).actions}


async def test_no_decision_behind_a_complaint_offers_what_it_mutes(server: Running) -> None:
    """Complaints race with decisions: in the journal, nothing that was committed behind one offers a muted action."""
    people = [f"customer-{number}" for number in range(8)]
    await asyncio.gather(*(server.stubs.upsert(name) for name in people))

    async def complain(name: str) -> None:
        event = event_pb2.Event(customer_id=name, event_id="c-1", complaint=event_pb2.Complaint())
        await server.stubs.events.RecordEvents(event_pb2.RecordEventsRequest(events=[event]))

    calls = [server.stubs.decide(name, request_id=f"r{n}") for n in range(3) for name in people]
    calls[12:12] = [complain(name) for name in people]
    await asyncio.gather(*calls)
    await asyncio.gather(*(server.stubs.decide(name, request_id="late") for name in people))
    opened: set[str] = set()
    behind = 0
    for record in await server.serving.store.journal.read({}, 10_000):
        entry = journal_pb2.JournalEntry.FromString(record.payload)
        if entry.HasField("matter"):
            opened.add(entry.matter.customer_ref)
        elif entry.HasField("decision") and entry.decision.customer_ref in opened:
            behind += 1
            decision = entry.decision
            candidates = candidates_of(decision)
            taken = [candidates[decision.picks[pick].candidate].action for pick in record.taken]
            assert not {"unlimited", "second-sim"} & set(taken)
    assert len(opened) == len(people)
    assert behind >= len(people)


async def test_opening_by_hand_twice_is_one(server: Running) -> None:
    """The second agent is told that it is open already, and the next decision waits."""
    await server.stubs.upsert()
    opened = matter_pb2.OpenMatterRequest(customer_id="anna", rule="complaint", text="By phone", agent="Desk 4")
    first = await server.stubs.matters.OpenMatter(opened)
    second = await server.stubs.matters.OpenMatter(opened)
    assert (first.opened, second.opened) == (True, False)
    assert first.matter.matter_id == second.matter.matter_id
    answer = await server.stubs.decisions.Decide(request("anna", "call"))
    assert {offer.group for offer in answer.actions} == {"care"}


async def test_what_is_not_right_is_refused_with_the_field(server: Running) -> None:
    """A rule that is not there, a closing without a note, a matter of nobody, an event without a body."""
    stubs = server.stubs.matters
    _, status = await failure(stubs.OpenMatter(matter_pb2.OpenMatterRequest(customer_id="anna", rule="complain")))
    assert "did you mean `complaint`" in status.message
    _, status = await failure(stubs.CloseMatter(matter_pb2.CloseMatterRequest(customer_id="anna", matter_id="x")))
    assert "note" in status.message
    absent = matter_pb2.CloseMatterRequest(customer_id="anna", matter_id="x", note="Done.")
    _, status = await failure(stubs.CloseMatter(absent))
    assert reason(status) == "MATTER_NOT_FOUND"
    assert (await record(server, event_id="e-1")).error.startswith("INVALID_ARGUMENT: ")


async def test_the_profile_shows_what_is_open_and_a_deletion_keeps_the_silence_without_the_words(
    server: Running,
) -> None:
    """GetCustomer has the open matters; after DeleteCustomer they mute still, and nothing of what was said is left."""
    await server.stubs.upsert()
    await record(server, event_id="c-1", text="Very private words", complaint=event_pb2.Complaint(case_id="C-1"))
    found = await server.stubs.customers.GetCustomer(customer_pb2.GetCustomerRequest(customer_id="anna"))
    assert [matter.text for matter in found.customer.matters] == ["Very private words"]
    await server.stubs.customers.DeleteCustomer(customer_pb2.DeleteCustomerRequest(customer_id="anna"))
    (matter,) = await matters(server)
    assert (matter.open, matter.text, matter.case_id) == (True, "", "")
    await server.stubs.upsert()
    assert {offer.group for offer in (await server.stubs.decide()).actions} == {"care"}
