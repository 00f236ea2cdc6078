"""Quiet hours and holidays: over midnight, by weekday and date, on the customer's clock, across changes of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from nba_server.domain.engagement import Direction
from nba_server.domain.profile import Profile
from nba_server.domain.quiet_hours import QuietHours, local_time
from tests.unit.domain.builder import action

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours("night", 21 * 60, 8 * 60)
NOON = QuietHours("noon", 12 * 60, 13 * 60)


def at(text: str) -> datetime:
    """A local time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("quiet", "local", "holds"),
    [
        (NOON, "2026-01-15T11:59:59", False),
        (NOON, "2026-01-15T12:00", True),
        (NOON, "2026-01-15T12:59:59.999", True),
        (NOON, "2026-01-15T13:00", False),
        (NIGHT, "2026-01-15T20:59", False),
        (NIGHT, "2026-01-15T21:00", True),
        (NIGHT, "2026-01-15T23:59", True),
        (NIGHT, "2026-01-16T00:00", True),
        (NIGHT, "2026-01-16T07:59", True),
        (NIGHT, "2026-01-16T08:00", False),
        (QuietHours("q", weekdays=frozenset({7})), "2026-01-18T00:00", True),
        (QuietHours("q", weekdays=frozenset({7})), "2026-01-18T23:59", True),
        (QuietHours("q", weekdays=frozenset({7})), "2026-01-19T00:00", False),
        (QuietHours("q", 22 * 60, 6 * 60, weekdays=frozenset({5})), "2026-01-17T05:00", True),
        (QuietHours("q", 22 * 60, 6 * 60, weekdays=frozenset({5})), "2026-01-16T05:00", False),
        (QuietHours("q", dates=frozenset({"2026-12-25"})), "2026-12-25T10:00", True),
        (QuietHours("q", dates=frozenset({"2026-12-25"})), "2027-12-25T10:00", False),
        (QuietHours("q", dates=frozenset({"12-25"})), "2027-12-25T10:00", True),
        (QuietHours("q", 20 * 60, 4 * 60, dates=frozenset({"12-31"})), "2027-01-01T03:59", True),
    ],
)
def test_when_it_is_quiet(quiet: QuietHours, local: str, holds: bool) -> None:
    """The end is no longer quiet; hours over midnight belong to the day on which they begin."""
    assert quiet.hold(at(local)) is holds


def test_every_minute_of_a_year_against_a_recount() -> None:
    """Night on working days, minute by minute through a year with both changes of the clock, as a plain recount has it."""
    quiet = QuietHours("night", 21 * 60 + 30, 7 * 60 + 15, weekdays=frozenset({1, 2, 3, 4, 5}))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(365 * 24 * 4):
        local = moment.astimezone(BERLIN)
        late = (local.hour, local.minute) >= (21, 30) and local.isoweekday() <= 5
        early = (local.hour, local.minute) < (7, 15) and (local.date() - timedelta(days=1)).isoweekday() <= 5
        assert quiet.hold(local) is (late or early)
        moment += timedelta(minutes=15)


def test_whose_clock_it_is() -> None:
    """The customer's zone counts; the catalogue's where the attribute is missing, unknown, no text or not named at all."""
    now_ms = round(at("2026-01-15T13:00").timestamp() * 1000)
    hours = [
        local_time(Profile(attributes=attributes), attribute, BERLIN, now_ms).hour
        for attributes, attribute in (
            ({"zone": "Asia/Tokyo"}, "zone"),
            ({"zone": "Asia/Tokyo"}, ""),
            ({}, "zone"),
            ({"zone": "Atlantis"}, "zone"),
            ({"zone": "../../etc/passwd"}, "zone"),
            ({"zone": 7}, "zone"),
        )
    ]
    assert hours == [21, 13, 13, 13, 13, 13]


def test_whom_they_bind() -> None:
    """Outbound contacts of the channels and classes named; transactional actions never."""
    quiet = QuietHours("q", channels=frozenset({"email"}), classes=frozenset({"advertising"}))
    assert quiet.covers_action(action("a"), "email", Direction.OUTBOUND)
    assert not quiet.covers_action(action("a"), "email", Direction.INBOUND)
    assert not quiet.covers_action(action("a"), "sms", Direction.OUTBOUND)
    assert not quiet.covers_action(action("a", class_="service"), "email", Direction.OUTBOUND)
    assert not quiet.covers_action(action("a", transactional=True), "email", Direction.OUTBOUND)
