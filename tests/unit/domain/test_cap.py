"""Caps: what an offer takes, which window holds a moment, and what comes back when contacts are released."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nba_server.domain.cap import ALWAYS, Cap
from nba_server.domain.charging import given_back
from nba_server.domain.engagement import Charge, ContactState, CustomerState, Reaction
from nba_server.domain.expiry import expire
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, waits_until
from nba_server.domain.reaction import apply
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, action, catalog, contact, customer

BERLIN = ZoneInfo("Europe/Berlin")
SHOP = catalog(action("gold"))


def ms(text: str, zone: ZoneInfo = BERLIN) -> int:
    """A local time."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_units() -> None:
    """One a contact; cents of the cost, rounded up; none of what the cap does not name."""
    named, grouped = Cap("n", 9, actions=frozenset({"gold"})), Cap("g", 9, groups=frozenset({"cards"}))
    money = replace(named, money=True)
    gold, other = action("gold", cost=1.1), action("loan", group="loans")
    assert [cap.units(gold) for cap in (named, grouped, money)] == [1, 1, 110]
    assert [cap.units(other) for cap in (named, grouped, money)] == [0, 0, 0]
    assert money.units(action("gold", cost=0.001)) == 1


@pytest.mark.parametrize(
    ("window", "now", "since", "until"),
    [
        (DAY_MS, "2026-05-05T12:00", "2026-05-05T00:00", "2026-05-06T00:00"),
        (DAY_MS, "2026-03-29T12:00", "2026-03-29T00:00", "2026-03-30T00:00"),
        (DAY_MS, "2026-10-25T00:00", "2026-10-25T00:00", "2026-10-26T00:00"),
        (6 * HOUR_MS, "2026-05-05T12:00", "2026-05-05T08:00", "2026-05-05T14:00"),
    ],
)
def test_windows(window: int, now: str, since: str, until: str) -> None:
    """Days are local, also those of 23 and 25 hours; shorter windows are laid end to end from 1970 UTC."""
    period = Cap("c", 1, window).period(ms(now), BERLIN)
    assert (period.since_ms, period.until_ms) == (ms(since), ms(until))
    assert period.holds(ms(now))
    assert not period.holds(ms(until))


def test_windows_of_days_follow_each_other() -> None:
    """A week is seven days wherever it begins, and the end of one is the begin of the next."""
    cap, at = Cap("c", 1, 7 * DAY_MS), ms("2026-01-01T00:00")
    for _ in range(60):
        period = cap.period(at, BERLIN)
        days = [datetime.fromtimestamp(t / 1000, UTC) for t in (period.since_ms, period.until_ms)]
        assert abs((days[1] - days[0]).total_seconds() - 7 * 86_400) <= 3_600
        assert cap.period(period.until_ms - 1, BERLIN) == period
        at = period.until_ms
    assert Cap("c", 1).period(at, BERLIN) == ALWAYS


def held(*reactions: Reaction, state: ContactState = ContactState.RESERVED) -> CustomerState:
    """A reservation of an hour on web that began an hour ago and holds a unit."""
    charged = (Charge("stock@c0", 1),)
    return customer(ledger=(contact("gold", NOW_MS - HOUR_MS, *reactions, id="k", state=state, charges=charged),))


def test_a_reservation_that_holds_units_ends_at_its_own_end() -> None:
    """Not at the end of the response window, so that the units come back soon; a sign of the contact ends that."""
    state = held()
    assert expire(state, "k", NOW_MS - 1, SHOP) is None
    ended = expire(state, "k", NOW_MS, SHOP)
    assert ended is not None
    assert (ended.contact.state, ended.event, waits_until(ended.contact)) == (ContactState.RELEASED, None, 0)
    assert given_back(state.ledger, ended.ledger) == (Charge("stock@c0", 1),)
    seen = apply(state, OutcomeEvent(OutcomeType.IMPRESSION, contact_id="k"), SHOP, NOW_MS - 1)
    assert waits_until(seen.contact) == NOW_MS + 23 * HOUR_MS


def test_a_late_sign_takes_the_units_again() -> None:
    """What was given back and then turns out to have been shown is charged again, and reported late."""
    state = held(state=ContactState.RELEASED)
    late = apply(state, OutcomeEvent(OutcomeType.IMPRESSION, contact_id="k"), SHOP, NOW_MS)
    assert late.late
    assert given_back(state.ledger, late.ledger) == (Charge("stock@c0", -1),)
    assert given_back(late.ledger, late.ledger) == ()
    assert given_back(late.ledger, ()) == ()
