"""The end of the response window: released, confirmed, or without a response; once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nba_server.domain.engagement import ContactState, CustomerState, Direction, Reaction, SuppressionLevel
from nba_server.domain.expiry import expire
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, waits_until
from nba_server.domain.reaction import apply
from nba_server.domain.suppression import SuppressionRule
from tests.unit.domain.builder import DAY_MS, NOW_MS, action, catalog, contact, customer

SILENCE = SuppressionRule("silence", frozenset({"no_response"}), 1, 0, DAY_MS, SuppressionLevel.ACTION)
SHOP = catalog(action("gold"), suppressions=(SILENCE,))


def waiting(*reactions: Reaction, ago_ms: int = DAY_MS, **other: Any) -> CustomerState:
    """A customer with one contact whose window of a day began `ago_ms` ago."""
    return customer(ledger=(contact("gold", NOW_MS - ago_ms, *reactions, id="k", **other),))


def test_inbound_reservation_is_released() -> None:
    """Nobody confirmed that it was shown: it is released and no outcome is written."""
    ended = expire(waiting(state=ContactState.RESERVED), "k", NOW_MS, SHOP)
    assert ended is not None
    assert (ended.contact.state, ended.event, waits_until(ended.contact)) == (ContactState.RELEASED, None, 0)
    assert ended.suppressions == ()


@pytest.mark.parametrize("state", [ContactState.RESERVED, ContactState.CONFIRMED])
def test_outbound_gets_no_response_once(state: ContactState) -> None:
    """The message may have gone out: confirmed, `no_response` at the window's end, with its effects; once."""
    customer_ = waiting(state=state, direction=Direction.OUTBOUND, channel="email")
    ended = expire(customer_, "k", NOW_MS, SHOP)
    assert ended is not None
    assert ended.event is not None
    assert (ended.event.type, ended.event.occurred_ms) == (OutcomeType.NO_RESPONSE, NOW_MS)
    assert ended.contact.state is ContactState.CONFIRMED
    assert [item.key for item in ended.suppressions] == ["gold"]
    assert expire(replace(customer_, ledger=ended.ledger), "k", NOW_MS, SHOP) is None


def test_shown_without_reaction() -> None:
    """An impression without a response ends in `no_response`; a later response lifts what it caused."""
    state = waiting(Reaction("impression", NOW_MS - DAY_MS))
    ended = expire(state, "k", NOW_MS, SHOP)
    assert ended is not None
    assert ended.event is not None
    state = replace(state, ledger=ended.ledger, suppressions=ended.suppressions)
    corrected = apply(
        state, OutcomeEvent(OutcomeType.CLICKED, decision_id=state.ledger[0].decision_id), SHOP, NOW_MS + 1
    )
    assert corrected.late
    assert corrected.suppressions == ()


@pytest.mark.parametrize(
    "type_", ["clicked", "accepted", "rejected", "maybe_later", "converted", "opted_out", "complaint"]
)
def test_answered_contacts_are_left_alone(type_: str) -> None:
    """Whoever responded, also with "later", gets no time-out."""
    assert expire(waiting(Reaction(type_, NOW_MS - 1)), "k", NOW_MS, SHOP) is None


def test_nothing_to_do() -> None:
    """Unknown, released, not yet due, without a window: nothing happens."""
    assert expire(waiting(), "other", NOW_MS, SHOP) is None
    assert expire(waiting(state=ContactState.RELEASED), "k", NOW_MS, SHOP) is None
    assert expire(waiting(ago_ms=DAY_MS - 1), "k", NOW_MS, SHOP) is None
    assert expire(waiting(respond_until_ms=0), "k", NOW_MS, SHOP) is None
