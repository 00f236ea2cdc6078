"""Differences between catalogues, in words."""

from __future__ import annotations

from typing import Any

import orjson

from nba_server.adapters.catalog import compile_text
from nba_server.adapters.catalog.difference import differences
from tests.unit.catalog.conftest import BODY, HEAD


def document(*texts: str) -> dict[str, Any]:
    """The canonical document of texts."""
    result: dict[str, Any] = orjson.loads(compile_text(*texts).canonical)
    return result


def changes(new: str, head: str = HEAD) -> list[str]:
    """What a changed catalogue changes, as lines."""
    return [str(change) for change in differences(document(HEAD, BODY), document(head, new))]


def test_equal_catalogues_do_not_differ() -> None:
    """Spelling is no difference."""
    assert changes(BODY.replace("window: 7d", "window: 1w")) == []


def test_changed_values_dates_and_limits_are_told_as_people_write_them() -> None:
    """Old and new stand side by side: numbers, dates in the catalogue's zone, durations."""
    new = BODY.replace("value: 10", "value: 12.5\n            end: 2026-03-31").replace("window: 7d", "window: 30d")
    assert changes(new) == [
        "changed action gold: end open end → 2026-04-01 00:00, value 10 → 12.5",
        "changed contact limit weekly: window 7d → 30d",
    ]


def test_rules_are_told_by_stage_and_owner() -> None:
    """A changed rule shows both expressions; an added one its expression."""
    new = BODY.replace(">= 18", ">= 21").replace(
        "value: 10", "value: 10\n            suitability: [{id: calm, when: customer.vip}]"
    )
    assert changes(new) == [
        "changed eligibility rule cards/adult: when `customer.age >= 18` → `customer.age >= 21`",
        "added suitability rule gold/calm: customer.vip",
    ]


def test_added_and_removed_things_are_summed_up() -> None:
    """An action that goes takes its treatments along; a new suppression says what it does."""
    start, end = BODY.index("          - id: silver"), BODY.index("contact_policies")
    new = (BODY[:start] + BODY[end:]).replace(
        "pause: 30d}", "pause: 30d}\n  - {id: never, outcomes: [complaint], pause: forever}"
    )
    assert changes(new) == [
        "removed action silver: Silver card (value 5, approved)",
        "removed treatment silver/m",
        "removed treatment silver/w",
        "added suppression never: 1 x complaint mutes for ever",
    ]


def test_settings_and_weights_are_told() -> None:
    """The head and the context weights are part of it."""
    new = BODY.replace("percent: 20", "percent: 30")
    assert changes(new, HEAD.replace("currency: EUR", "currency: CHF")) == [
        "changed setting catalog: currency `EUR` → `CHF`",
        "changed context weight reason=order on group cards: percent 20 → 30",
    ]
