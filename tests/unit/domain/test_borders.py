"""Until when a decision may be committed: quiet hours that begin and actions that end shorten it to the millisecond."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nba_server.domain.borders import good_until
from nba_server.domain.decision import decide
from nba_server.domain.engagement import Direction
from nba_server.domain.profile import Profile
from nba_server.domain.quiet_hours import QuietHours
from tests.unit.domain.builder import HOUR_MS, NOW_MS, Scorer, action, asking, catalog, customer

SPAN = 3_000
AFTERNOON = QuietHours("afternoon", 14 * 60, 15 * 60)
"""Begins an hour behind NOW_MS, which is 13:00 in Berlin."""
BORDER = NOW_MS + HOUR_MS


def until(
    now_ms: int, *, action_fields: dict[str, Any] | None = None, quiet: QuietHours = AFTERNOON, **asked: Any
) -> int:
    """How long a decision at `now_ms` about one e-mail is good, counted from its time."""
    offered = catalog(action("a", **(action_fields or {})), quiet_hours=(quiet,), customer_timezone="zone")
    given = replace(asking(asked.pop("state", None), places=("mail",), channel="email", **asked), now_ms=now_ms)
    (decision,) = decide([given], offered, Scorer())
    assert decision.picks
    return good_until(decision, offered, now_ms + SPAN) - now_ms


@pytest.mark.parametrize(
    ("before", "good"), [(SPAN + 1, SPAN), (SPAN, SPAN - 1), (1_000, 999), (1, 0), (-2 * HOUR_MS, SPAN)]
)
def test_quiet_hours_that_begin_end_it(before: int, good: int) -> None:
    """The last good moment is the one before the border; far from it everything stays as it is."""
    assert until(BORDER - before) == good


def test_it_is_the_customers_clock() -> None:
    """Where the customer lives it is an hour earlier, and so is the border an hour later."""
    london = customer(profile=Profile({"zone": "Europe/London"}))
    assert until(BORDER - 1_000, state=london) == SPAN
    assert until(BORDER + HOUR_MS - 1_000, state=london) == 999


def test_only_what_binds_the_proposal_counts() -> None:
    """Quiet hours of another class, channel or direction shorten nothing."""
    for other in (
        {"classes": frozenset({"service"})},
        {"channels": frozenset({"web"})},
        {"directions": frozenset({Direction.INBOUND})},
    ):
        assert until(BORDER - 1_000, quiet=QuietHours("other", 14 * 60, 15 * 60, **other)) == SPAN


def test_a_planned_contact_is_judged_at_its_own_time() -> None:
    """The border that counts is the one before which the message is planned; that of now does not."""
    planned = BORDER + 24 * HOUR_MS - 500
    assert until(NOW_MS, planned_ms=planned) == 499
    assert until(BORDER - 1_000, planned_ms=planned + 2 * HOUR_MS) == SPAN


def test_the_end_of_an_action_ends_it() -> None:
    """An action is not given out at or after its end; a fallback has no dates."""
    assert until(NOW_MS, action_fields={"end_ms": NOW_MS + 700}) == 699
    assert until(NOW_MS, action_fields={"end_ms": NOW_MS + SPAN + 1}) == SPAN
    assert until(NOW_MS, action_fields={"end_ms": NOW_MS + 700, "fallback": True}) == SPAN
