"""Decisions for a contact that will be made later: what is judged at its time, and what now."""

from __future__ import annotations

from dataclasses import replace

from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL, Consent, ConsentStatus
from nba_server.domain.contact import ContactLimit
from nba_server.domain.decision import Decision, decide
from nba_server.domain.engagement import CustomerState, Suppression, SuppressionLevel
from nba_server.domain.quiet_hours import QuietHours
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, Scorer, action, asking, catalog, contact, customer

TOMORROW = NOW_MS + DAY_MS


def planned(at_ms: int, offered: Catalog, state: CustomerState | None = None) -> Decision:
    """A decision now for an e-mail that goes out at `at_ms`."""
    given = asking(state, places=("mail",), channel="email", planned_ms=at_ms)
    return decide([given], offered, Scorer())[0]


def test_limits_are_those_of_the_planned_time() -> None:
    """A contact of today fills today's window, not that of the day after tomorrow; one planned for then fills that."""
    limit = ContactLimit("daily", 1, DAY_MS)
    offered = catalog(action("a"), limits=(limit,))
    today = customer(ledger=(contact("a", NOW_MS - HOUR_MS, channel="email"),))
    later = customer(ledger=(contact("a", TOMORROW + DAY_MS, channel="email"),))
    assert not planned(0, offered, today).picks
    assert planned(TOMORROW, offered, today).picks
    assert not planned(TOMORROW + DAY_MS + HOUR_MS, offered, later).picks
    assert not planned(TOMORROW + HOUR_MS, offered, later).picks  # it shares a window with the later one


def test_quiet_hours_are_those_of_the_planned_time() -> None:
    """It is 13:00 for the customer: quiet now, not at 20:00."""
    offered = catalog(action("a"), quiet_hours=(QuietHours("noon", 12 * 60, 14 * 60),))
    assert not planned(0, offered).picks
    assert planned(NOW_MS + 7 * HOUR_MS, offered).picks


def test_dates_consents_and_suppressions_are_those_of_the_planned_time() -> None:
    """What ends before the message goes out does not count any more; what begins before it does."""
    assert not planned(TOMORROW, catalog(action("a", end_ms=TOMORROW))).picks
    assert planned(TOMORROW, catalog(action("a", start_ms=TOMORROW))).picks
    short = Consent(ANY_CHANNEL, "advertising", ConsentStatus.GRANTED, 0, valid_to_ms=TOMORROW)
    assert planned(0, catalog(action("a")), customer(consents=(short,))).picks
    assert not planned(TOMORROW, catalog(action("a")), customer(consents=(short,))).picks
    muted = Suppression(SuppressionLevel.ACTION, "a", ANY_CHANNEL, NOW_MS - 1, TOMORROW, "r")
    assert not planned(0, catalog(action("a")), customer(suppressions=(muted,))).picks
    assert planned(TOMORROW, catalog(action("a")), customer(suppressions=(muted,))).picks


def test_a_time_that_has_passed_is_now() -> None:
    """Equal to a decision without a planned time but for the request."""
    offered = catalog(action("a"))
    past, now = planned(NOW_MS - DAY_MS, offered), planned(0, offered)
    assert replace(past, input=now.input) == now
    assert past.input.contact_ms == NOW_MS
