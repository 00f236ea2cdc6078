"""Shared facts: every name of the vocabulary, only what is asked for, missing ones absent."""

from __future__ import annotations

from typing import Any

import pytest

from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.engagement import Activity, ContactState, CustomerState, Direction, Reaction
from nba_server.domain.facts import FACTS
from nba_server.domain.moment import Moment
from nba_server.domain.profile import Profile, Scalar
from nba_server.domain.rule import RuleScope
from nba_server.domain.shared_facts import non_personal, shared_facts
from tests.unit.domain.builder import CHANNELS, DAY_MS, HOUR_MS, NOW_MS, action, catalog, contact, customer

SHARED = frozenset(name for name, fact in FACTS.items() if fact.scope is RuleScope.CUSTOMER)


def facts(state: CustomerState, reads: frozenset[str] = SHARED, **context: Scalar) -> dict[str, Scalar]:
    """Shared facts of a request on web."""
    return shared_facts(Moment(state, "web", context, catalog(action("gold")), NOW_MS), reads)


def streak(*contacts: Any) -> Scalar:
    """The no-response streak of a ledger."""
    return facts(customer(ledger=contacts), frozenset({"contact.no_response_streak"}))["contact.no_response_streak"]


def test_customer_never_seen() -> None:
    """Every fact that can be told of nobody is told, the others are absent."""
    assert facts(CustomerState()) == {
        "now": NOW_MS,
        "request.channel": "web",
        "request.hour": 13,
        "request.weekday": 4,
        "request.month": 1,
        "customer.known": False,
        "customer.segments": (),
        "customer.products": (),
        "contact.count_7d": 0,
        "contact.count_30d": 0,
        "contact.count_90d": 0,
        "contact.channel_count_30d": 0,
        "contact.no_response_streak": 0,
        "contact.positives_90d": 0,
        "activity.purchases": 0,
        "activity.spend": 0.0,
        "activity.baskets": 0.0,
    }


def test_only_what_is_asked_for() -> None:
    """Nothing is computed that nobody reads, and unknown names are passed over."""
    reads = frozenset({"customer.age", "customer.city", "context.page", "context.none", "action.id", "nonsense"})
    state = customer(profile=Profile({"age": 40}, known=True))
    assert facts(state, reads, page="home") == {"customer.age": 40, "context.page": "home"}


def test_contacts() -> None:
    """Contacts count by window and channel, a decision once; planned and released ones do not."""
    ledger = (
        contact("a", NOW_MS - 90 * DAY_MS),
        contact("a", NOW_MS - 30 * DAY_MS + 1),
        contact("a", NOW_MS - 8 * DAY_MS, channel="email", direction=Direction.OUTBOUND),
        contact("a", NOW_MS - 2 * DAY_MS, decision_id="d"),
        contact("b", NOW_MS - 2 * DAY_MS, decision_id="d"),
        contact("a", NOW_MS - HOUR_MS, state=ContactState.RELEASED),
        contact("a", NOW_MS + HOUR_MS),
    )
    found = facts(customer(ledger=ledger))
    names = ("contact.count_7d", "contact.count_30d", "contact.count_90d", "contact.channel_count_30d")
    assert [found[name] for name in names] == [1, 3, 3, 2]
    assert found["contact.days_since_last"] == 2.0


def test_no_response_streak() -> None:
    """The newest contacts in a row that ended without a response; a response ends it, open ones are passed over."""
    days = [NOW_MS - day * DAY_MS for day in (9, 8, 7, 6)]
    silent = [contact("a", at, Reaction("no_response", at + DAY_MS)) for at in days]
    assert streak(*silent) == 4
    assert streak(silent[0], contact("a", days[1], Reaction("clicked", days[1])), *silent[2:]) == 2
    assert streak(*silent, contact("a", NOW_MS - HOUR_MS)) == 4
    assert streak(*silent, contact("a", NOW_MS - HOUR_MS, Reaction("clicked", NOW_MS))) == 0
    assert streak(*silent, contact("a", NOW_MS - HOUR_MS, Reaction("clicked", NOW_MS, withdrawn=True))) == 4
    mixed = [
        contact("a", days[3], decision_id="d"),
        contact("b", days[3], Reaction("clicked", NOW_MS), decision_id="d"),
    ]
    assert streak(*silent[:3], *mixed) == 0


def test_positives_follow_the_channel() -> None:
    """What is positive is the channel's word; a contact with several positive outcomes is one."""
    at = NOW_MS - DAY_MS
    ledger = (
        contact("a", at, Reaction("clicked", at), Reaction("converted", at)),
        contact("a", at + 1, Reaction("rejected", at)),
        contact("a", at + 2, Reaction("accepted", at), channel="gone"),
        contact("a", at - 95 * DAY_MS, Reaction("accepted", at - 95 * DAY_MS)),
    )
    assert facts(customer(ledger=ledger))["contact.positives_90d"] == 2
    assert CHANNELS["web"].polarity == {}


def test_activity_is_decayed_to_now() -> None:
    """Sums are worth half after thirty days."""
    activity = add_purchase(Activity(), Purchase("p", NOW_MS - 30 * DAY_MS, 12.0))
    found = facts(customer(activity=activity))
    assert found["activity.spend"] == pytest.approx(6.0)
    assert found["activity.baskets"] == pytest.approx(0.5)
    assert found["activity.days_since_purchase"] == 30.0
    assert found["activity.purchases"] == 1


def test_local_time() -> None:
    """Hour, weekday and month are those of the catalogue's time zone, in summer too."""
    shop = catalog(action("gold"), timezone="America/New_York")
    midnight = 1_785_715_200_000  # 2026-08-03T00:00:00Z, a Monday; Sunday evening in New York
    reads = frozenset({"request.hour", "request.weekday", "request.month"})
    found = shared_facts(Moment(CustomerState(), "web", {}, shop, midnight), reads)
    assert found == {"request.hour": 20, "request.weekday": 7, "request.month": 8}


def test_non_personal_names() -> None:
    """Without consent to profiling only request, context and action are read."""
    reads = {
        "request.hour",
        "context.page",
        "action.id",
        "customer.age",
        "now",
        "contact.count_7d",
        "history.holds_product",
    }
    assert non_personal(reads) == {"request.hour", "context.page", "action.id"}
