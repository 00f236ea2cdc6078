"""Suppressions: rules replayed over the outcomes that the ledger keeps."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import Contact, Reaction, Suppression, SuppressionLevel
from nba_server.domain.muting import suppressions_after, up_to_date
from nba_server.domain.suppression import SuppressionRule
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact, customer

ACTION, GROUP, RELATED = SuppressionLevel.ACTION, SuppressionLevel.GROUP, SuppressionLevel.RELATED


def shop(**rule: Any) -> Catalog:
    """Two cards of different tiers and a loan, with one rule: two rejections in seven days pause for thirty."""
    fields: dict[str, Any] = {
        "id": "r",
        "outcomes": frozenset({"rejected"}),
        "count": 2,
        "window_ms": 7 * DAY_MS,
        "pause_ms": 30 * DAY_MS,
        "level": ACTION,
    }
    actions = (
        action("gold", attributes={"tier": "top", "tags": ("x", "y")}),
        action("silver", attributes={"tier": "mid", "tags": ("y",)}),
        action("loan", group="loans", attributes={"tier": "top"}),
    )
    return catalog(*actions, suppressions=(SuppressionRule(**(fields | rule)),))


def no(action_id: str, day: float, *, type_: str = "rejected", withdrawn: bool = False, **other: Any) -> Contact:
    """A contact with a rejection, `day` days from now."""
    at = NOW_MS + int(day * DAY_MS)
    return contact(action_id, at, Reaction(type_, at, withdrawn=withdrawn), **other)


def muted(shop_: Catalog, *ledger: Contact, existing: tuple[Suppression, ...] = ()) -> dict[str, float]:
    """Key (and channel, unless all) to the end of the pause in days from now, or None for ever."""
    found = suppressions_after(existing, ledger, shop_, NOW_MS)
    return {
        item.key + (f"@{item.channel}" if item.channel != "*" else ""): (item.until_ms - NOW_MS) / DAY_MS
        if item.until_ms
        else float("inf")
        for item in found
    }


def test_two_rejections_in_seven_days_pause_thirty() -> None:
    """The pause runs from the outcome that completes the count."""
    assert muted(shop(), no("gold", -9), no("gold", -3)) == {"gold": 27.0}
    assert muted(shop(), no("gold", -3)) == {}
    assert muted(shop(), no("gold", -3), no("silver", -3)) == {}


def test_window_is_open_at_its_start() -> None:
    """Two outcomes exactly a window apart are not within it."""
    assert muted(shop(), no("gold", -10), no("gold", -3)) == {}
    assert muted(shop(), no("gold", -10 + 1e-6), no("gold", -3)) == {"gold": 27.0}


def test_order_of_arrival_does_not_matter() -> None:
    """Any order of the ledger gives the same suppressions."""
    entries = [no("gold", day) for day in (-20, -12, -6, -1)]
    found = {str(muted(shop(), *order)) for order in permutations(entries)}
    assert len(found) == 1


def test_another_outcome_while_paused_extends() -> None:
    """The end only moves back, never forward."""
    assert muted(shop(), no("gold", -9), no("gold", -8), no("gold", -2)) == {"gold": 28.0}


def test_counting_begins_anew_after_the_pause() -> None:
    """After a pause one more rejection does not mute at once, unless the rule says so."""
    ledger = [no("gold", -35), no("gold", -34), no("gold", -5), no("gold", -3, type_="accepted")]
    assert muted(shop(), *ledger) == {}
    inside = [no("gold", -36), no("gold", -34), no("gold", -4), no("gold", -2)]
    assert muted(shop(), *inside) == {"gold": 28.0}
    straddling = [no("gold", -33), no("gold", -32), no("gold", -3), no("gold", -1)]
    assert muted(shop(), *straddling) == {}
    assert muted(shop(reset_after_pause=False), *straddling) == {"gold": 29.0}


def test_withdrawal_lifts() -> None:
    """An outcome that was taken back counts for nothing."""
    assert muted(shop(), no("gold", -4), no("gold", -3, withdrawn=True)) == {}


def test_a_response_replaces_the_time_out() -> None:
    """`no_response` beside a late response does not count."""
    silent = shop(outcomes=frozenset({"no_response"}), count=1)
    at = NOW_MS - DAY_MS
    assert muted(silent, contact("gold", at, Reaction("no_response", at))) == {"gold": 29.0}
    answered = contact("gold", at, Reaction("no_response", at), Reaction("clicked", at + 1, late=True))
    assert muted(silent, answered) == {}


def test_channels() -> None:
    """Scope all sums over channels; a list counts only those; the muting can be bound to the channel of the outcome."""
    web, mail = no("gold", -3), no("gold", -2, channel="email")
    assert muted(shop(), web, mail) == {"gold": 28.0}
    assert muted(shop(channels=frozenset({"email"})), web, mail) == {}
    assert muted(shop(channels=frozenset({"email"}), count=1), web, mail) == {"gold": 28.0}
    assert muted(shop(mute_channel_only=True), web, mail) == {"gold@email": 28.0}


@pytest.mark.parametrize(
    ("level", "attribute", "wanted"),
    [
        (GROUP, "", {"cards": 28.0}),
        (RELATED, "tier", {"tier=top": 29.0}),
        (RELATED, "tags", {"tags=y": 28.0}),
        (RELATED, "none", {}),
    ],
)
def test_levels(level: SuppressionLevel, attribute: str, wanted: dict[str, float]) -> None:
    """Outcomes are counted for what is muted: the group, or all actions with an equal attribute value."""
    ledger = no("gold", -3), no("silver", -2), no("loan", -1, group="loans")
    assert muted(shop(level=level, attribute=attribute), *ledger) == wanted


def test_tracked_actions_and_groups() -> None:
    """A rule can track some actions or groups only."""
    ledger = no("gold", -3), no("gold", -2)
    assert muted(shop(actions=frozenset({"silver"})), *ledger) == {}
    assert muted(shop(groups=frozenset({"cards"})), *ledger) == {"gold": 28.0}


def test_for_ever_and_without_window() -> None:
    """Pause 0 is for ever; window 0 counts all that is kept."""
    ledger = no("gold", -300), no("gold", -2)
    assert muted(shop(window_ms=0, pause_ms=0), *ledger) == {"gold": float("inf")}


def test_unknown_actions_do_no_harm() -> None:
    """Contacts without an action, or with one the catalogue no longer has, are passed over."""
    ledger = no("", -3, group=""), no("", -2, group=""), no("old", -3, group=""), no("old", -2, group="")
    assert muted(shop(), *ledger) == {"old": 28.0}
    assert muted(shop(level=GROUP), *ledger) == {}
    assert muted(shop(level=RELATED, attribute="tier"), *ledger) == {}


def test_what_has_left_the_ledger_still_mutes() -> None:
    """A suppression whose cause was trimmed stays until its end; one whose cause is there is worked out anew."""
    gone = Suppression(ACTION, "gold", "*", NOW_MS - 1, 0, "r", "left")
    over = Suppression(ACTION, "loan", "*", NOW_MS - 9, NOW_MS, "r", "left")
    entry = no("silver", -1)
    stale = Suppression(ACTION, "silver", "*", NOW_MS - 1, 0, "r", entry.id)
    assert muted(shop(), entry, existing=(gone, over, stale)) == {"gold": float("inf")}
    assert muted(shop(id="other"), entry, existing=(gone,)) == {}


def test_a_changed_rule_set_is_worked_out_anew() -> None:
    """What was muted under other rules is replaced by what today's rules say; under the same ones nothing is done."""
    was, today = shop(), shop(count=1, pause_ms=5 * DAY_MS)
    before = customer(ledger=(no("gold", -3), no("silver", -9), no("silver", -8)))
    then = up_to_date(before, was, NOW_MS)
    assert [item.key for item in then.suppressions] == ["silver"]
    now = up_to_date(then, today, NOW_MS)
    assert ([item.key for item in now.suppressions], now.suppression_hash) == (["gold"], today.suppression_hash)
    assert up_to_date(now, today, NOW_MS + 9 * DAY_MS) is now
    without = catalog(action("gold"), action("silver"))
    assert (up_to_date(now, without, NOW_MS).suppressions, without.suppression_hash) == ((), "")


def test_the_name_of_a_rule_set_is_its_content() -> None:
    """Equal rules have equal names whatever their order of words; each change, also of what makes kin, has another."""
    sets = [shop(), shop(count=3), shop(outcomes=frozenset({"rejected", "complaint"})), shop(id="q")]
    kin = [shop(level=RELATED, attribute=name) for name in ("tier", "tags")]
    assert len({found.suppression_hash for found in (*sets, *kin)}) == 6
    again = shop(outcomes=frozenset({"complaint", "rejected"}))
    assert again.suppression_hash == sets[2].suppression_hash
