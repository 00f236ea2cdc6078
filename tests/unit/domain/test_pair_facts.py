"""Facts of customer and action together."""

from __future__ import annotations

import pytest

from nba_server.domain.activity import Purchase, add_purchase
from nba_server.domain.engagement import Activity, CustomerState, Reaction
from nba_server.domain.facts import FACTS
from nba_server.domain.moment import Moment
from nba_server.domain.pair_facts import pair_facts
from nba_server.domain.profile import Profile
from nba_server.domain.rule import RuleScope
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact, customer

PAIR = frozenset(name for name, fact in FACTS.items() if fact.scope is not RuleScope.CUSTOMER)
SHOP = catalog(
    action("milk", product="milk", attributes={"category": "dairy"}),
    action("mix", attributes={"category": ("dairy", "beer"), "tier": "top"}),
    action("loan", group="loans", issue="credit"),
)


def test_customer_never_seen() -> None:
    """The action's own facts are there, counts are zero, the rest is absent."""
    milk, _, loan = pair_facts(Moment(CustomerState(), "web", {}, SHOP, NOW_MS), (0, 1, 2), PAIR)
    assert milk == {
        "action.id": "milk",
        "action.group": "cards",
        "action.issue": "sales",
        "action.class": "advertising",
        "action.product": "milk",
        "action.value": 10.0,
        "history.presented_30d": 0,
        "history.presented_365d": 0,
        "history.rejected_90d": 0,
        "history.positives_365d": 0,
        "history.group_presented_90d": 0,
        "history.group_positives_365d": 0,
        "history.holds_product": False,
        "activity.category_spend": 0.0,
    }
    assert "action.product" not in loan
    assert "activity.category_spend" not in loan
    assert loan["history.holds_product"] is False


def test_history_by_action_and_group() -> None:
    """Contacts, rejections and positive outcomes are counted for the action, and for its group."""
    old, new = NOW_MS - 40 * DAY_MS, NOW_MS - 2 * DAY_MS
    ledger = (
        contact("milk", old, Reaction("rejected", old)),
        contact("mix", old + 1, Reaction("clicked", old + 1)),
        contact("milk", new, Reaction("accepted", new), Reaction("converted", new)),
    )
    reads = frozenset(name for name in PAIR if name.startswith("history."))
    milk, mix, loan = pair_facts(Moment(customer(ledger=ledger), "web", {}, SHOP, NOW_MS), (0, 1, 2), reads)
    assert milk == {
        "history.presented_30d": 1,
        "history.presented_365d": 2,
        "history.days_since_presented": 2.0,
        "history.rejected_90d": 1,
        "history.positives_365d": 1,
        "history.group_presented_90d": 3,
        "history.group_positives_365d": 2,
        "history.holds_product": False,
    }
    assert (mix["history.presented_30d"], mix["history.positives_365d"]) == (0, 1)
    assert loan["history.group_presented_90d"] == 0
    assert "history.days_since_presented" not in loan


def test_product_and_category() -> None:
    """Products held, and money spent in the action's categories."""
    activity = add_purchase(Activity(), Purchase("p", NOW_MS - 30 * DAY_MS, 9.0, {"dairy": 4.0, "beer": 2.0}))
    state = customer(profile=Profile(products=("milk",), known=True), activity=activity)
    reads = frozenset({"history.holds_product", "activity.category_spend", "action.tier", "customer.age"})
    milk, mix, _ = pair_facts(Moment(state, "web", {}, SHOP, NOW_MS), (0, 1, 2), reads)
    assert milk == {"history.holds_product": True, "activity.category_spend": pytest.approx(2.0)}
    assert mix == {
        "history.holds_product": False,
        "activity.category_spend": pytest.approx(3.0),
        "action.tier": "top",
    }
