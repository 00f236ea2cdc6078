"""Contacts made elsewhere."""

from __future__ import annotations

from dataclasses import replace

from nba_server.domain.engagement import ContactState, Direction, Reaction
from nba_server.domain.external import external_contact
from nba_server.domain.features import known_at
from nba_server.domain.outcome import waits_until
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact, customer

SHOP = catalog(action("gold", class_="service", response_window_ms=3 * DAY_MS), ledger_retention_ms=30 * DAY_MS)


def test_takes_what_the_catalogue_knows() -> None:
    """Direction, class, group and window come from the catalogue; it is confirmed and has no decision."""
    recorded = external_contact(customer(), "c", "email", "gold", NOW_MS - DAY_MS, SHOP, NOW_MS)
    entry = recorded.contact
    assert (entry.id, entry.state, entry.decision_id) == ("x:c", ContactState.CONFIRMED, "")
    assert (entry.direction, entry.class_, entry.group) == (Direction.OUTBOUND, "service", "cards")
    assert waits_until(entry) == entry.respond_until_ms == NOW_MS + 2 * DAY_MS
    assert not recorded.repeated


def test_without_action() -> None:
    """A contact without an action counts as advertising unless the sender names a class."""
    plain = external_contact(customer(), "c", "web", "", 0, SHOP, NOW_MS).contact
    named = external_contact(customer(), "c", "web", "", 0, SHOP, NOW_MS, class_="legal").contact
    assert (plain.class_, plain.at_ms, plain.group) == ("advertising", NOW_MS, "")
    assert named.class_ == "legal"


def test_repeat_and_order() -> None:
    """A known id changes nothing; the ledger stays in order of time and within its retention."""
    ledger = tuple(contact("gold", NOW_MS + days * DAY_MS) for days in (-40, -2, 2))
    recorded = external_contact(customer(ledger=ledger), "c", "email", "gold", 0, SHOP, NOW_MS)
    assert [(entry.at_ms - NOW_MS) // DAY_MS for entry in recorded.ledger] == [-2, 0, 2]
    again = external_contact(customer(ledger=recorded.ledger), "c", "email", "", NOW_MS - 9, SHOP, NOW_MS)
    assert again.repeated
    assert again.ledger is recorded.ledger


def test_history_is_seen_as_it_was_known_then() -> None:
    """Contacts and reactions that came later are out; a state without any is given back as it is."""
    early = contact("early", at_ms=NOW_MS - 9 * DAY_MS)
    reacted = replace(early, reactions=(Reaction("clicked", NOW_MS - 2 * DAY_MS), Reaction("impression", early.at_ms)))
    state = customer(ledger=(reacted, contact("late", at_ms=NOW_MS - DAY_MS)))
    then = known_at(state, NOW_MS - 5 * DAY_MS)
    assert [(entry.action, [reaction.type for reaction in entry.reactions]) for entry in then.ledger] == [
        ("early", ["impression"])
    ]
    assert known_at(state, NOW_MS) is state
