"""What compiling makes of a catalogue: records, rules, arrays, times, retention."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from nba_server.adapters.catalog import compile_text
from nba_server.domain.action import Polarity
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import Direction
from nba_server.domain.reasons import Stage
from nba_server.domain.rule import failure
from tests.unit.catalog.conftest import BODY, HEAD

DAY = 86_400_000


def catalog_of(*texts: str) -> Catalog:
    """The compiled catalogue of texts."""
    return compile_text(*texts).catalog


def test_arrays_have_one_row_an_action_and_cannot_be_written() -> None:
    """Arrays follow the order of ids; weights of issue, group and action are added, then made a lever."""
    catalog = catalog_of(HEAD, BODY)
    assert [action.id for action in catalog.actions] == ["gold", "silver"]
    assert dict(catalog.index) == {"gold": 0, "silver": 1}
    assert catalog.values.tolist() == [10.0, 5.0]
    assert catalog.levers.tolist() == [1.15, 1.12]
    assert catalog.treatments[("web", "hero")].tolist() == [0, 0]
    assert catalog.treatments[("email", "mail")].tolist() == [-1, 1]
    assert catalog.approved.dtype == np.bool_
    for array in (catalog.values, catalog.levers, catalog.approved, catalog.treatments[("web", "hero")]):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_drafts_are_not_shown() -> None:
    """A draft action is not approved; a draft treatment is not in the placement's array."""
    text = BODY.replace("title: Gold card", "title: Gold card\n            status: draft")
    text = text.replace("{id: m, channel: email,", "{id: m, channel: email, status: draft,")
    catalog = catalog_of(HEAD, text)
    assert catalog.approved.tolist() == [False, True]
    assert catalog.treatments[("email", "mail")].tolist() == [-1, -1]


def test_dates_are_local_and_the_last_day_counts() -> None:
    """A start is the first moment of its day in the catalogue's zone, an end date the end of its day, also in summer."""
    text = BODY.replace("value: 10", "value: 10\n            start: 2026-03-28\n            end: 2026-03-29")
    catalog = catalog_of(HEAD, text)
    berlin = ZoneInfo("Europe/Berlin")
    assert catalog.start_ms[0] == datetime(2026, 3, 28, tzinfo=berlin).timestamp() * 1000
    assert catalog.end_ms[0] == datetime(2026, 3, 30, tzinfo=berlin).timestamp() * 1000
    assert catalog.end_ms[0] - catalog.start_ms[0] == 2 * DAY - 3_600_000
    exact = catalog_of(HEAD, BODY.replace("value: 10", "value: 10\n            end: 2026-03-29T12:00:00Z"))
    assert exact.end_ms[0] == datetime(2026, 3, 29, 12, tzinfo=ZoneInfo("UTC")).timestamp() * 1000


def test_group_rules_bind_all_actions_but_those_that_opt_out() -> None:
    """A group's rule is one clause over its actions; `skip_group_rules` takes an action out; own rules come on top."""
    own = (
        "\n            skip_group_rules: [adult]\n            suitability: [{id: calm, when: customer.vip, text: No.}]"
    )
    catalog = catalog_of(HEAD, BODY.replace("value: 10", "value: 10" + own))
    assert [(rule.id, rule.stage, rule.actions) for rule in catalog.rules] == [
        ("adult", Stage.ELIGIBILITY, (1,)),
        ("calm", Stage.SUITABILITY, (0,)),
    ]


def test_flat_and_nested_forms_are_the_same_catalogue() -> None:
    """Groups and actions in lists of their own give the same content, so the same hash."""
    flat = (
        "issues: [{id: sales, title: Sales, weight: 10}]\n"
        "groups:\n  - {id: cards, issue: sales, title: Cards, weight: 5,"
        " eligibility: [{id: adult, when: customer.age >= 18, text: Only adults.}]}\n"
        "actions:\n"
        "  - {id: silver, group: cards, title: Silver card, value: 5, weight: -3, treatments:"
        " [{id: w, channel: web, content: {title: Silver}}, {id: m, channel: email, content: {subject: Silver}}]}\n"
        "  - {id: gold, group: cards, title: Gold card, value: 10, treatments:"
        " [{id: w, channel: web, content: {title: Gold}}]}\n"
    )
    rest = BODY[BODY.index("contact_policies") :]
    assert compile_text(HEAD, flat, rest).hash == compile_text(HEAD, BODY).hash


def test_channels_have_every_polarity() -> None:
    """The default meaning of outcomes is written out; a channel may differ."""
    catalog = catalog_of(HEAD.replace("outbound}", "outbound, polarity: {clicked: neutral}}"), BODY)
    email = catalog.channels["email"]
    assert email.direction is Direction.OUTBOUND
    assert email.polarity["clicked"] is Polarity.NEUTRAL
    assert email.polarity["accepted"] is Polarity.POSITIVE
    assert email.polarity["no_response"] is Polarity.NEGATIVE
    assert catalog.channels["web"].polarity["clicked"] is Polarity.POSITIVE
    assert catalog.channels["web"].reservation_ms == 300_000
    assert email.response_window_ms == 7 * DAY


@pytest.mark.parametrize(
    ("old", "new", "days"),
    [
        ("", "", 400),
        ("window: 7d", "window: 500d", 500),
        ("pause: 30d", "pause: 300d, window: 200d", 500),
        ("value: 10", "value: 10\n            response_window: 365d", 455),
    ],
    ids=["history", "a limit", "a suppression", "a response window"],
)
def test_ledger_is_kept_as_long_as_anything_looks_at_it(old: str, new: str, days: int) -> None:
    """The longest of history, limits, suppressions and response windows with their grace."""
    assert catalog_of(HEAD, BODY.replace(old, new, 1)).ledger_retention_ms == days * DAY


def test_short_history_keeps_a_short_ledger() -> None:
    """A catalogue may ask for less; answers still find their contact for 90 days."""
    assert catalog_of(HEAD.replace("EUR}", "EUR, history: 30d}"), BODY).ledger_retention_ms == 97 * DAY


def test_service_actions_need_no_value_and_ask_for_the_service_purpose() -> None:
    """The class service sets the purpose; other classes need a value and ask for advertising."""
    catalog = catalog_of(HEAD, BODY.replace("value: 10", "class: service"))
    assert [(action.class_, action.purpose, action.value) for action in catalog.actions] == [
        ("service", "service", 0.0),
        ("advertising", "advertising", 5.0),
    ]


def test_what_a_rule_asks_for_is_not_blamed() -> None:
    """A fact behind `has()` is named as not known only when nothing else is missing."""
    text = "(!has(customer.vip) || !customer.vip) && customer.age >= 18"
    rule = catalog_of(HEAD, BODY.replace("customer.age >= 18", f'"{text}"')).rules[0]
    assert (rule.reads, rule.guarded) == (("customer.age", "customer.vip"), ("customer.vip",))
    reason = failure(rule, {})
    assert reason is not None
    assert reason.text == "Only adults. (not known: customer.age)"
    assert failure(rule, {"customer.age": 20}) is None
    lame = catalog_of(HEAD, BODY.replace("customer.age >= 18", '"has(customer.vip) || customer.vip"')).rules[0]
    reason = failure(lame, {})
    assert reason is not None
    assert reason.text == "Only adults. (not known: customer.vip)"
