"""Weighted contact pressure: halving weights, budgets by segment, planned contacts, and when a contact fits again."""

from __future__ import annotations

import random

import pytest

from nba_server.domain import ledger as windows
from nba_server.domain.contact import ContactLimit
from nba_server.domain.engagement import Contact, ContactState, Direction
from nba_server.domain.pressure import (
    HORIZON,
    ContactPressure,
    PressureRate,
    admits,
    admits_from,
    level,
    loads,
    room,
)
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, contact

FATIGUE = ContactPressure(
    "fatigue",
    3.0,
    (PressureRate("email", 4 * DAY_MS, 1.0, (("newsletter", 0.5),)), PressureRate("web", DAY_MS, 2.0)),
    (("fragile", 1.0), ("vip", 5.0)),
)


def mail(days: float, class_: str = "advertising", **other: object) -> Contact:
    """An e-mail so many days from now (before: negative)."""
    at_ms = NOW_MS + round(days * DAY_MS)
    return contact("a", at_ms, channel="email", direction=Direction.OUTBOUND, class_=class_, **other)


def pressure_now(*ledger: Contact) -> float:
    """The pressure at `NOW_MS`."""
    return level(loads(ledger, FATIGUE, NOW_MS), NOW_MS)


def test_a_weight_halves_with_its_channels_half_life() -> None:
    """A mail of four days ago weighs a half, one of eight a quarter, a newsletter half of that, a web contact by its own."""
    assert pressure_now(mail(0)) == 1.0
    assert pressure_now(mail(-4)) == 0.5
    assert pressure_now(mail(-8), mail(-8, "newsletter", decision_id="n")) == 0.375
    assert pressure_now(contact("a", NOW_MS - DAY_MS)) == 1.0


def test_what_does_not_count_has_no_weight() -> None:
    """Released contacts, other channels, planned ones before their time and those past the horizon weigh nothing."""
    assert pressure_now(mail(-1, state=ContactState.RELEASED)) == 0.0
    assert pressure_now(contact("a", NOW_MS, channel="letter")) == 0.0
    assert pressure_now(mail(1)) == 0.0
    assert pressure_now(mail(-4 * HORIZON)) == 0.0
    assert pressure_now(mail(-4 * HORIZON + 0.1)) > 0.0


def test_a_decision_weighs_what_its_heaviest_action_weighs() -> None:
    """A slate is one contact."""
    slate = [mail(0, class_, id=class_, decision_id="d") for class_ in ("newsletter", "advertising", "newsletter")]
    assert pressure_now(*slate) == 1.0


@pytest.mark.parametrize(
    ("segments", "budget"), [((), 3.0), (("other",), 3.0), (("vip",), 5.0), (("vip", "fragile"), 1.0)]
)
def test_budgets_of_segments(segments: tuple[str, ...], budget: float) -> None:
    """The smallest budget of the customer's segments holds, and the common one without any."""
    assert FATIGUE.of(segments).budget == budget


def test_a_sum_that_is_the_budget_fits() -> None:
    """Rounding of decimals holds nobody back: 0.1 three times is 0.3."""
    tenth = ContactPressure("t", 0.3, (PressureRate("email", 4 * DAY_MS, 0.1),))
    ledger = [mail(0, id="x", decision_id="x"), mail(0, id="y", decision_id="y")]
    assert admits(ledger, tenth, mail(0), NOW_MS, NOW_MS)
    assert not admits([*ledger, mail(0, id="z", decision_id="z")], tenth, mail(0), NOW_MS, NOW_MS)


def test_against_brute_force() -> None:
    """For random ledgers a contact is admitted exactly when, with it, no contact from then on finds too much pressure."""
    dice = random.Random(11)
    outcomes = set()
    for _ in range(400):
        ledger = [
            mail(
                dice.randint(-240, 240) / 24,
                dice.choice(["advertising", "newsletter"]),
                id=str(i),
                decision_id=dice.choice(["", "", "x"]),
                state=dice.choice([ContactState.CONFIRMED, ContactState.CONFIRMED, ContactState.RELEASED]),
            )
            for i in range(dice.randint(0, 8))
        ]
        new = mail(0, id="new", decision_id="new")
        fits = all(_recount([*ledger, new], entry.at_ms) <= 3.0 for entry in (new, *_felt(ledger)))
        assert admits(ledger, FATIGUE, new, NOW_MS, NOW_MS) is fits
        outcomes.add(fits)
    assert outcomes == {True, False}


def _felt(ledger: list[Contact]) -> list[Contact]:
    """The planned contacts that count and still feel one of now."""
    last = NOW_MS + HORIZON * 4 * DAY_MS
    return [entry for entry in ledger if NOW_MS < entry.at_ms < last and entry.state is not ContactState.RELEASED]


def _recount(ledger: list[Contact], at_ms: int) -> float:
    """The pressure at a moment, written down again from the rules: per decision the heaviest entry that came first."""
    heaviest: dict[str, Contact] = {}
    for entry in ledger:
        name = entry.decision_id or entry.id
        weight = 0.5 if entry.class_ == "newsletter" else 1.0
        other = heaviest.get(name)
        if entry.state is not ContactState.RELEASED and (
            other is None or weight > (0.5 if other.class_ == "newsletter" else 1.0)
        ):
            heaviest[name] = entry
    total = 0.0
    for entry in heaviest.values():
        days = (at_ms - entry.at_ms) / DAY_MS
        if 0 <= days < 40:
            total += (0.5 if entry.class_ == "newsletter" else 1.0) * 0.5 ** (days / 4)
    return total


def test_when_it_fits_again() -> None:
    """Three mails now leave room for a fourth once they weigh two, to the millisecond; a weight over the budget never fits."""
    ledger = [mail(0, id=name, decision_id=name) for name in "xyz"]
    at_ms = admits_from(ledger, FATIGUE, "email", 1.0, NOW_MS)
    assert admits(ledger, FATIGUE, mail(0), at_ms, at_ms)
    assert not admits(ledger, FATIGUE, mail(0), at_ms - 1, at_ms - 1)
    assert (at_ms - NOW_MS) / DAY_MS == pytest.approx(4 * 0.5849625, rel=1e-6)
    assert admits_from([], FATIGUE, "email", 1.0, NOW_MS) == NOW_MS
    assert admits_from([], FATIGUE, "email", 3.5, NOW_MS) == 0


def test_when_it_fits_again_beside_planned_contacts() -> None:
    """As long as a planned contact would be over the budget nothing fits; reservations that run out make room."""
    planned = [mail(2, id=name, decision_id=name) for name in "xyz"]
    at_ms = admits_from(planned, FATIGUE, "email", 1.0, NOW_MS)
    assert at_ms > NOW_MS + 2 * DAY_MS
    assert admits(planned, FATIGUE, mail(0), at_ms, at_ms)
    held = contact("a", NOW_MS, state=ContactState.RESERVED, expires_ms=NOW_MS + HOUR_MS)
    assert admits_from([held], FATIGUE, "web", 2.0, NOW_MS) == NOW_MS + HOUR_MS


def test_when_a_limit_lets_go() -> None:
    """A limit lets go when its oldest contact leaves the window, or a reservation runs out; a cap of zero never does."""
    week = ContactLimit("week", 2, 7 * DAY_MS)
    assert windows.admits_from([mail(-1), mail(-6)], week, NOW_MS) == NOW_MS + DAY_MS
    assert windows.admits_from([mail(-1)], week, NOW_MS) == NOW_MS
    assert windows.admits_from([mail(3), mail(4)], week, NOW_MS) == NOW_MS + 10 * DAY_MS
    held = contact("a", NOW_MS - 1, state=ContactState.RESERVED, expires_ms=NOW_MS + HOUR_MS)
    assert windows.admits_from([mail(-1), held], week, NOW_MS) == NOW_MS + HOUR_MS
    assert windows.admits_from([], ContactLimit("none", 0, DAY_MS), NOW_MS) == 0


def test_room_is_negative_over_the_budget() -> None:
    """What is over the budget already leaves less than nothing."""
    carried = loads([mail(0, id=name, decision_id=name) for name in "wxyz"], FATIGUE, NOW_MS)
    assert room(carried, 3.0, 4 * DAY_MS, NOW_MS) == pytest.approx(-1.0)
