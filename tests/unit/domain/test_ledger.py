"""Ledger arithmetic: windows that hold a moment, planned contacts, retention."""

from __future__ import annotations

import random

import pytest

from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.domain.ledger import admits, inserted, replaced, trimmed, used
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, contact

WEEK = 7 * DAY_MS


def limit(cap: int, window_ms: int = WEEK, **other: object) -> ContactLimit:
    """A limit on everything."""
    return ContactLimit("l", cap, window_ms, **other)  # type: ignore[arg-type]


def test_window_is_open_at_its_start() -> None:
    """A contact exactly one window ago does not count, one a millisecond younger does."""
    assert admits([contact("a", NOW_MS - WEEK)], limit(1), NOW_MS, NOW_MS)
    assert not admits([contact("a", NOW_MS - WEEK + 1)], limit(1), NOW_MS, NOW_MS)


def test_every_window_that_holds_the_moment_counts() -> None:
    """Two past and two planned contacts never share one window of the week, so the worst window has three of four."""
    ledger = [contact("a", NOW_MS + days * DAY_MS) for days in (-5, -1, 1, 5)]
    assert used(ledger, limit(9), NOW_MS, NOW_MS) == 3
    assert not admits(ledger, limit(3), NOW_MS, NOW_MS)
    assert admits(ledger, limit(4), NOW_MS, NOW_MS)


def test_a_decision_counts_once() -> None:
    """The actions of one decision are one contact."""
    slate = [contact(name, NOW_MS - DAY_MS, decision_id="d") for name in "abc"]
    assert used(slate, limit(9), NOW_MS, NOW_MS) == 1


def test_states() -> None:
    """Released entries never count; an expired reservation counts when it is outbound (it fails closed)."""
    past = {"state": ContactState.RESERVED, "expires_ms": NOW_MS}
    assert admits([contact("a", NOW_MS - 1, state=ContactState.RELEASED)], limit(1), NOW_MS, NOW_MS)
    assert admits([contact("a", NOW_MS - 1, **past)], limit(1), NOW_MS, NOW_MS)
    assert not admits([contact("a", NOW_MS - 1, direction=Direction.OUTBOUND, **past)], limit(1), NOW_MS, NOW_MS)
    live = contact("a", NOW_MS - 1, state=ContactState.RESERVED, expires_ms=NOW_MS + 1)
    assert not admits([live], limit(1), NOW_MS, NOW_MS)


@pytest.mark.parametrize(
    ("filters", "counts"),
    [
        ({"channels": frozenset({"email"})}, False),
        ({"channels": frozenset({"web"})}, True),
        ({"directions": frozenset({Direction.OUTBOUND})}, False),
        ({"classes": frozenset({"service"})}, False),
        ({"groups": frozenset({"cards"}), "actions": frozenset({"a"})}, True),
        ({"groups": frozenset({"cards"}), "actions": frozenset({"b"})}, False),
    ],
)
def test_filters(filters: dict[str, object], counts: bool) -> None:
    """A limit counts only what all its filters name."""
    assert admits([contact("a", NOW_MS - 1)], limit(1, **filters), NOW_MS, NOW_MS) is not counts


def test_against_brute_force() -> None:
    """For random ledgers the worst window is that of trying every end of a window, millisecond by hour."""
    dice = random.Random(7)
    for _ in range(200):
        ledger = [
            contact("a", NOW_MS + dice.randint(-40, 40) * HOUR_MS, decision_id=dice.choice(["", "x", "y"]), id=str(i))
            for i in range(dice.randint(0, 8))
        ]
        window = dice.randint(1, 40) * HOUR_MS
        ends = [NOW_MS + hours * HOUR_MS for hours in range(window // HOUR_MS)]
        worst = max(len(_names(ledger, end - window, end)) for end in ends)
        assert used(ledger, limit(1, window), NOW_MS, NOW_MS) == worst


def _names(ledger: list[Contact], start: int, end: int) -> set[str]:
    return {entry.decision_id or entry.id for entry in ledger if start < entry.at_ms <= end}


def test_order_and_retention() -> None:
    """Entries stay in order of time; old ones go unless a response is awaited."""
    ledger = tuple(contact("a", NOW_MS + days * DAY_MS) for days in (-10, -5, 5))
    entry = contact("b", NOW_MS - 5 * DAY_MS)
    assert [item.action for item in inserted(ledger, entry)] == ["a", "a", "b", "a"]
    assert trimmed(ledger, 10 * DAY_MS, NOW_MS) == ledger[1:]
    waiting = contact("a", NOW_MS - 10 * DAY_MS, respond_until_ms=NOW_MS + 1)
    assert trimmed([waiting], DAY_MS, NOW_MS) == (waiting,)
    changed = contact("a", NOW_MS - 5 * DAY_MS, state=ContactState.RELEASED)
    assert replaced(ledger, changed)[1] is changed
