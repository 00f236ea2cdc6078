"""Events of journal entries: what is told of each kind, by which id, and that nothing else is."""

from __future__ import annotations

import json

import pytest

from nba_server.adapters.journal_columns import text_column
from nba_server.adapters.redis.journal import StreamRecord
from nba_server.adapters.webhooks.endpoint import Filters
from nba_server.adapters.webhooks.event import TYPES, Event, kinds_of
from nba_server.adapters.webhooks.payload import body_of, message_id
from nba_server.adapters.webhooks.reading import Unreadable, events_of
from nba_server.pb import consent_pb2, decision_pb2, journal_pb2, outcome_pb2

AT_MS = 1_768_478_400_000


def told(kind_: str, substituted: tuple[int, ...] = (), taken: tuple[int, ...] = (), **body: object) -> list[Event]:
    """The events of an entry of this kind."""
    entry = journal_pb2.JournalEntry()
    getattr(entry, kind_).CopyFrom(_MESSAGES[kind_](customer_ref="ab" * 16, **body))
    return events_of(StreamRecord(0x0AD, f"{AT_MS}-3", AT_MS, kind_, entry.SerializeToString(), taken, substituted))


_MESSAGES = {
    "decision": journal_pb2.DecisionEntry,
    "outcome": journal_pb2.OutcomeEntry,
    "customer": journal_pb2.CustomerEntry,
    "contact": journal_pb2.ContactEntry,
    "purchase": journal_pb2.PurchaseEntry,
    "matter": journal_pb2.MatterEntry,
}


def decision(taken: tuple[int, ...], substituted: tuple[int, ...] = ()) -> Event:
    """A decision on two placements with an alternate."""
    candidates = journal_pb2.CandidateColumns(
        count=2,
        placement=text_column(["top", "top"]),
        action=text_column(["a", "b"]),
        treatment=text_column(["t", "t"]),
        propensity=journal_pb2.NumberColumn(values=[0.25, 0.5]),
        priority=journal_pb2.NumberColumn(values=[2.5, 1.5]),
    )
    picks = [
        journal_pb2.PickEntry(candidate=0, position=1, pick_probability=0.9),
        journal_pb2.PickEntry(candidate=1),
    ]
    places = [decision_pb2.PlacementRequest(placement=name) for name in ("top", "side")]
    request = decision_pb2.DecideRequest(channel="web", placements=places)
    (event,) = told(
        "decision",
        substituted,
        taken,
        decision_id="d",
        caller="site",
        request=request,
        candidates=candidates,
        picks=picks,
    )
    return event


def test_a_decision_tells_what_was_taken() -> None:
    """The offers with their numbers, and the placements that stay empty; never contents, context or features."""
    event = decision((0,))
    assert event.type == "nba.decision.made"
    assert event.actions == {"a"}
    (offer,) = event.data["actions"]
    assert (offer["action"], offer["pick_probability"], offer["substituted"]) == ("a", 0.9, False)
    assert event.data["empty_placements"] == ["side"]
    assert "request" not in event.data


def test_a_substitute_is_told_as_one() -> None:
    """The store took the alternate."""
    (offer,) = decision((1,), (1,)).data["actions"]
    assert (offer["action"], offer["substituted"]) == ("b", True)


def test_an_outcome_tells_what_it_changed_each_under_its_own_number() -> None:
    """The outcome, suppressions started and lifted, a consent; numbers are those of the entry, whoever is told."""
    events = told(
        "outcome",
        decision_id="d",
        action="a",
        channel="email",
        type=outcome_pb2.OUTCOME_TYPE_OPTED_OUT,
        occurred_at_ms=AT_MS,
        suppressions=[
            journal_pb2.SuppressionChange(rule="r", level="action", key="a", channel="*", since_ms=AT_MS),
            journal_pb2.SuppressionChange(lifted=True, rule="q", level="group", key="g", channel="email"),
        ],
        consents=[
            consent_pb2.Consent(channel="email", purpose="advertising", status=consent_pb2.CONSENT_STATUS_REVOKED)
        ],
    )
    assert [(event.number, event.type) for event in events] == [
        (0, "nba.outcome.recorded"),
        (1, "nba.suppression.started"),
        (2, "nba.suppression.lifted"),
        (3, "nba.consent.changed"),
    ]
    assert events[0].data["outcome"] == "opted_out"
    assert "value" not in events[0].data
    assert events[1].data["since"] == "2026-01-15T12:00:00.000Z"
    assert "until" not in events[1].data
    assert events[3].data == {"channel": "email", "purpose": "advertising", "status": "revoked"}


def test_the_other_kinds() -> None:
    """Profiles (names of what changed, no values), deletions, contacts, purchases, matters."""
    (changed,) = told("customer", version=3, changed=["age"])
    assert (changed.type, changed.data) == ("nba.customer.changed", {"version": 3, "changed": ["age"]})
    assert [event.type for event in told("customer", deleted=True)] == ["nba.customer.deleted"]
    (contact,) = told("contact", contact_id="x:1", channel="letter", action="a", occurred_at_ms=AT_MS)
    assert (contact.type, contact.data["contact_id"], contact.actions) == ("nba.contact.recorded", "x:1", {"a"})
    (purchase,) = told("purchase", purchase_id="p", value=0.0, occurred_at_ms=AT_MS)
    assert (purchase.type, purchase.data["value"]) == ("nba.purchase.recorded", 0.0)
    (opened,) = told("matter", matter_id="m", rule="complaints", kind="complaint", open=True, at_ms=AT_MS)
    assert (opened.type, opened.data["rule"]) == ("nba.matter.opened", "complaints")
    assert [event.type for event in told("matter", matter_id="m")] == ["nba.matter.closed"]


def test_every_type_is_drawn_from_its_kinds() -> None:
    """What a pattern names decides which entries are decoded at all."""
    assert kinds_of(("nba.decision.made",)) == {"decision"}
    assert kinds_of(("nba.consent.*",)) == {"customer", "outcome"}
    assert kinds_of(("nba.*",)) == set(_MESSAGES)
    assert all(set(kinds) <= set(_MESSAGES) for kinds, _ in TYPES.values())


def test_an_entry_of_nobody_concern_has_no_events() -> None:
    """A kind that nobody is told of, and one that does not exist."""
    assert events_of(StreamRecord(0, "1-0", 0, "attribution", b"")) == []
    with pytest.raises(Unreadable):
        events_of(StreamRecord(0, "1-0", 0, "outcome", b"\xff"))
    with pytest.raises(Unreadable):
        events_of(StreamRecord(0, "1-0", 0, "outcome", b""))


def test_a_body_is_a_cloud_event() -> None:
    """With the id in it, the version of its data, and the customer as the endpoint may name them."""
    (event,) = told("purchase", purchase_id="p", value=9.5, occurred_at_ms=AT_MS)
    id_ = message_id(0x0AD, f"{AT_MS}-3", 0)
    assert id_ == f"nba_0ad-{AT_MS}-3-0"
    body = json.loads(body_of(event, id_, "anna"))
    assert (body["specversion"], body["id"], body["source"], body["nbaschema"]) == ("1.0", id_, "/nba-server", "1")
    assert (body["type"], body["time"]) == ("nba.purchase.recorded", "2026-01-15T12:00:00.000Z")
    assert (body["subject"], body["data"]["customer_id"]) == ("anna", "anna")
    unnamed = json.loads(body_of(event, id_, ""))
    assert unnamed["subject"] == unnamed["data"]["customer_ref"] == "ab" * 16
    assert "customer_id" not in unnamed["data"]


def test_filters_bind_what_has_their_field() -> None:
    """Channels, actions, outcomes, and decisions with an offer."""
    (outcome,) = told("outcome", channel="email", action="a", type=outcome_pb2.OUTCOME_TYPE_CLICKED)
    (changed,) = told("customer", version=1)
    assert Filters(channels=frozenset({"email"})).pass_(outcome)
    assert not Filters(channels=frozenset({"web"})).pass_(outcome)
    assert not Filters(actions=frozenset({"b"})).pass_(outcome)
    assert not Filters(outcomes=frozenset({"accepted"})).pass_(outcome)
    assert Filters(channels=frozenset({"web"}), outcomes=frozenset({"accepted"})).pass_(changed)
    assert Filters(offers=True).pass_(decision((0,)))
    assert not Filters(offers=True).pass_(decision(()))
    (muted,) = told("outcome", suppressions=[journal_pb2.SuppressionChange(level="group", key="g", channel="*")])[1:]
    assert Filters(channels=frozenset({"web"}), actions=frozenset({"x"})).pass_(muted)
