"""The journal's format: what goes in comes out, and equal records are equal bytes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.journal_columns import JournalUnreadable
from nba_server.adapters.journal_decoding import decode_decision
from nba_server.adapters.journal_entry import candidates_of, features_of
from nba_server.application.ports import ContactRecord, CustomerRecord, OutcomeRecord, PurchaseRecord
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.pb import consent_pb2, journal_pb2, outcome_pb2
from tests.unit.archive import samples


def test_decision_comes_back_with_all_inputs() -> None:
    """A decision read back has the request, the state, the seed and what was taken, as they were."""
    found = decode_decision(samples.decision_record(), b"answer")
    assert found.request == samples.request()._replace(customer_id=samples.REF.ref)
    wanted = samples.state()
    assert found.state == dataclasses.replace(wanted, engagement_version=0)
    assert found.blobs == wanted.blobs
    assert (found.seed, found.now_ms, found.committed_ms) == ((1 << 64) - 1, samples.NOON_MS, samples.NOON_MS)
    assert (found.catalog_hash, found.model_version, found.caller) == ("cafe", "m-1", "web-shop")
    assert (found.taken, found.substituted, found.answer) == ((0, 2), (2,), b"answer")


def test_decision_recomputed_from_its_entry_gives_the_same_bytes() -> None:
    """Encoding a decision made on the decoded inputs gives the journaled bytes again."""
    record = samples.decision_record()
    found = decode_decision(record)
    inputs = dataclasses.replace(samples.decision().input, request=found.request, state=found.state)
    again = dataclasses.replace(samples.decision(), input=inputs)
    assert samples.CODEC.decision(again, samples.catalog(), samples.REF, found.caller) == record.payload


def test_customer_and_visitor_ids_are_not_in_the_entry() -> None:
    """No entry of a decision holds the ids that the caller gave."""
    visitor = samples.request()._replace(customer_id="", visitor_id="cookie-4711")
    for request, secret in ((samples.request(), b"anna@example.org"), (visitor, b"cookie-4711")):
        payload = samples.CODEC.decision(samples.decision(customer=request), samples.catalog(), samples.REF, "c")
        assert secret not in payload


def test_anonymous_visitor_stays_anonymous() -> None:
    """A request without any id comes back without one."""
    nobody = samples.request()._replace(customer_id="")
    payload = samples.CODEC.decision(samples.decision(customer=nobody), samples.catalog(), samples.REF, "c")
    found = decode_decision(dataclasses.replace(samples.decision_record(), payload=payload))
    assert (found.request.customer_id, found.request.visitor_id) == ("", "")


def test_order_of_context_does_not_change_the_bytes() -> None:
    """Equal contexts in another order give equal bytes."""
    request = samples.request()
    turned = request._replace(context=dict(reversed(list(request.context.items()))))
    first, second = (
        samples.CODEC.decision(samples.decision(customer=r), samples.catalog(), samples.REF, "c")
        for r in (request, turned)
    )
    assert first == second


def test_candidates_picks_and_features_are_kept_bit_for_bit() -> None:
    """Names, numbers and feature bytes of a decision are in the entry exactly, NaN included."""
    entry = journal_pb2.JournalEntry.FromString(samples.decision_record().payload).decision
    candidates = candidates_of(entry)
    first = candidates[0]
    assert (first.placement, first.action, first.treatment, first.row) == ("hero", "a", "rich", 0)
    assert (first.propensity, first.priority, first.pick_probability) == (0.125, 0.61875, 0.95)
    assert [candidate.row for candidate in candidates] == [0, 1, 1]
    assert [(p.candidate, p.position, p.explored, p.fallback) for p in entry.picks] == [
        (0, 1, False, False),
        (2, 1, True, False),
        (1, 0, False, True),
    ]
    assert features_of(entry) == samples.decision().features
    assert math.isnan(np.frombuffer(entry.features.shared_numbers)[1])


def test_differences_are_named_by_field() -> None:
    """Two entries that differ are told apart by the names of the fields; the server's version does not count."""
    one = samples.decision()
    two = dataclasses.replace(one, model_version="m-2", evaluable=False)
    first, second = (samples.CODEC.decision(d, samples.catalog(), samples.REF, "c") for d in (one, two))
    assert samples.CODEC.differences(first, second) == ("model_version differs", "evaluable differs")
    newer = JournalCodec("9").decision(one, samples.catalog(), samples.REF, "c")
    assert newer != first
    assert samples.CODEC.differences(first, newer) == ()


@pytest.mark.parametrize("kind", list(OutcomeType))
def test_every_outcome_type_has_its_name_in_the_journal(kind: OutcomeType) -> None:
    """Each outcome of the closed list is journaled under the protocol's name."""
    event = OutcomeEvent(kind, event_id="e", value=2.5, product="p", reason="r", withdraws="w")
    record = OutcomeRecord(samples.REF, event, "d", "d:a", "a", "web", 5, late=True, caller="shop")
    entry = journal_pb2.JournalEntry.FromString(samples.CODEC.outcome(record)).outcome
    assert entry.type == outcome_pb2.OutcomeType.Value(f"OUTCOME_TYPE_{kind.name}")
    assert (entry.value, entry.product, entry.reason, entry.withdraws, entry.late) == (2.5, "p", "r", "w", True)
    assert (entry.contact_id, entry.occurred_at_ms, entry.caller) == ("d:a", 5, "shop")


def test_missing_numbers_stay_missing() -> None:
    """No value and no pick probability are not zero."""
    outcome = OutcomeRecord(
        samples.REF, OutcomeEvent(OutcomeType.CLICKED), "d", "d:a", "a", "web", 5, late=False, caller=""
    )
    assert not journal_pb2.JournalEntry.FromString(samples.CODEC.outcome(outcome)).outcome.HasField("value")
    contact = Contact(
        "x:1", 5, 0, ContactState.CONFIRMED, "mail", Direction.OUTBOUND, "sales", "g", "a", respond_until_ms=9
    )
    record = ContactRecord(samples.REF, contact, None, samples.decision().features)
    entry = journal_pb2.JournalEntry.FromString(samples.CODEC.contact(record)).contact
    assert not entry.HasField("pick_probability")
    assert (entry.contact_id, getattr(entry, "class"), entry.response_until_ms) == ("x:1", "sales", 9)


def test_profile_changes_and_purchases_are_kept() -> None:
    """A change names attributes and consents, a purchase its money."""
    change = CustomerRecord(samples.REF, 4, False, ("age",), samples.CONSENTS)
    entry = journal_pb2.JournalEntry.FromString(samples.CODEC.customer(change)).customer
    assert list(entry.changed) == ["age"]
    assert entry.consents[0].status == consent_pb2.CONSENT_STATUS_GRANTED
    assert entry.consents[0].valid_to.ToMilliseconds() == 9
    bought = PurchaseRecord(samples.REF, "b-1", 5, 9.99)
    assert journal_pb2.JournalEntry.FromString(samples.CODEC.purchase(bought)).purchase.value == 9.99


@pytest.mark.parametrize(
    "payload", [b"\xff\xff", b"", samples.CODEC.purchase(PurchaseRecord(samples.REF, "p", 1, 1.0))]
)
def test_what_is_no_decision_is_refused(payload: bytes) -> None:
    """An entry that is torn, empty or of another kind is an error with a name."""
    with pytest.raises(JournalUnreadable):
        decode_decision(dataclasses.replace(samples.decision_record(), payload=payload))
