"""What counts against a customer now: limits and budgets with their ends, what is muted, and agreement with the decision."""

from __future__ import annotations

import random
from dataclasses import replace

from nba_server.domain.contact import ContactLimit, LimitScope
from nba_server.domain.contact_reading import read_contacts
from nba_server.domain.decision import decide
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.domain.engagement import ContactState, Household, Suppression, SuppressionLevel
from nba_server.domain.pressure import ContactPressure, PressureRate
from nba_server.domain.profile import Profile
from nba_server.domain.quiet_hours import QuietHours
from nba_server.domain.reasons import Stage
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, Scorer, action, asking, catalog, contact, customer

WEB = ContactPressure(
    "load", 2.0, (PressureRate("web", DAY_MS, 1.0), PressureRate("email", DAY_MS, 0.0)), (("vip", 3.0),)
)


def test_a_limit_says_how_far_until_when_and_by_what() -> None:
    """Released contacts do not count, planned ones do, and contacts beyond the window are not named."""
    ledger = (
        contact("a", NOW_MS - 8 * DAY_MS),
        contact("b", NOW_MS - 2 * DAY_MS),
        contact("c", NOW_MS - DAY_MS, state=ContactState.RELEASED),
        contact("d", NOW_MS + DAY_MS),
    )
    weekly, none = ContactLimit("weekly", 2, 7 * DAY_MS), ContactLimit("none", 0, DAY_MS, shadow=True)
    reading = read_contacts(customer(ledger=ledger), catalog(action("a"), limits=(weekly, none)), NOW_MS)
    use, never = reading.limits
    assert (use.used, use.contacts) == (2, (ledger[1].id, ledger[3].id))
    assert use.admits_from_ms == NOW_MS + 5 * DAY_MS
    assert (never.used, never.admits_from_ms) == (0, 0)
    assert reading.contacts == ledger


def test_pressure_is_read_against_the_customers_own_budget() -> None:
    """The level, the budget of the segment, and for each channel that weighs anything when a contact fits."""
    state = customer(
        ledger=(contact("a", NOW_MS - DAY_MS), contact("b", NOW_MS)), profile=Profile(segments=("vip",), known=True)
    )
    offered = catalog(action("a"), pressures=(WEB,))
    (use,) = read_contacts(state, offered, NOW_MS).pressures
    assert (use.level, use.pressure.budget) == (1.5, 3.0)
    assert [(room.channel, room.admits_from_ms) for room in use.channels] == [("web", NOW_MS)]
    (usual,) = read_contacts(replace(state, profile=Profile(known=True)), offered, NOW_MS).pressures
    assert usual.channels[0].admits_from_ms > NOW_MS


def test_only_what_holds_now_is_muted_or_quiet() -> None:
    """Suppressions that have ended and quiet hours of another time of day are left out."""
    muted = Suppression(SuppressionLevel.GROUP, "cards", "*", 1, 0, "stop")
    ended = replace(muted, until_ms=NOW_MS)
    noon = QuietHours("noon", 13 * 60, 14 * 60)
    offered = catalog(action("a"), quiet_hours=(noon, QuietHours("night", 22 * 60, 6 * 60)))
    listed = DoNotContact(True, frozenset({"email"}))
    reading = read_contacts(customer(suppressions=(muted, ended), do_not_contact=listed), offered, NOW_MS)
    assert reading.suppressions == (muted,)
    assert [(quiet.quiet, quiet.channels, quiet.local_time) for quiet in reading.quiet] == [(noon, ("email",), "13:00")]
    assert reading.do_not_contact == listed


def test_what_is_read_is_what_binds() -> None:
    """For random ledgers an action is held back exactly when the reading has something used up that is applied."""
    dice = random.Random(3)
    limits = (ContactLimit("two", 2, 3 * DAY_MS), ContactLimit("tried", 0, DAY_MS, shadow=True))
    offered = catalog(action("a"), limits=limits, pressures=(WEB,))
    seen = set()
    for _ in range(150):
        ledger = [
            contact("a", NOW_MS + dice.randint(-96, 72) * HOUR_MS, id=str(i), decision_id=str(i))
            for i in range(dice.randint(0, 4))
        ]
        state = customer(ledger=tuple(sorted(ledger, key=lambda entry: entry.at_ms)))
        reading = read_contacts(state, offered, NOW_MS)
        full = any(use.admits_from_ms != NOW_MS for use in reading.limits if not use.limit.shadow)
        full |= any(room.admits_from_ms != NOW_MS for use in reading.pressures for room in use.channels)
        (decision,) = decide([asking(state)], offered, Scorer())
        assert (decision.funnels[0].stage[0] == Stage.CONTACT_POLICY) == full
        seen.add(full)
    assert seen == {True, False}


def test_a_household_is_counted_together_under_its_own_limits_only() -> None:
    """The others' contacts use up a limit of the household, are not named, and leave a person's limit alone."""
    mine, theirs = contact("a", NOW_MS - DAY_MS), contact("b", NOW_MS - 2 * DAY_MS, id="ben/b", decision_id="ben")
    state = customer(ledger=(mine,), household=Household("smith", ("ben",), (theirs,)))
    person = ContactLimit("person", 2, 7 * DAY_MS)
    home = replace(person, id="home", scope=LimitScope.HOUSEHOLD)
    offered = catalog(action("a"), limits=(person, home))
    own, joint = read_contacts(state, offered, NOW_MS).limits
    assert (own.used, own.contacts, own.admits_from_ms) == (1, (mine.id,), NOW_MS)
    assert (joint.used, joint.contacts, joint.admits_from_ms) == (2, (mine.id,), NOW_MS + 5 * DAY_MS)
    (decision,) = decide([asking(state)], offered, Scorer())
    assert decision.no_offer["hero"].subject == "home"
