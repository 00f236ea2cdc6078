"""Outcomes: found, deduplicated, late, withdrawn, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from nba_server.domain.consent import ConsentStatus, ConsentVerdict, verdict
from nba_server.domain.engagement import Contact, ContactState, CustomerState, Direction, SuppressionLevel
from nba_server.domain.external import external_contact
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, waits_until
from nba_server.domain.reaction import CLOCK_TOLERANCE_MS, Reacted, apply
from nba_server.domain.suppression import SuppressionRule
from nba_server.errors import InvalidArgument, NotFound
from tests.unit.domain.builder import DAY_MS, HOUR_MS, NOW_MS, action, catalog, contact, customer

RULE = SuppressionRule("no", frozenset({"rejected"}), 1, 0, 30 * DAY_MS, SuppressionLevel.ACTION)
SHOP = catalog(action("gold"), action("silver"), action("research", purpose="research"), suppressions=(RULE,))
T = OutcomeType


def offered(*names: str, ago_ms: int = HOUR_MS // 2, **other: Any) -> CustomerState:
    """A customer with one decision `d` on web whose actions are reserved for an hour."""
    at = NOW_MS - ago_ms
    reserved: dict[str, Any] = {"state": ContactState.RESERVED, "decision_id": "d"} | other
    return customer(ledger=tuple(contact(name, at, id=f"d:{name}", **reserved) for name in names))


def after(state: CustomerState, reacted: Reacted) -> CustomerState:
    """The state with the changes written."""
    consents = state.consents if reacted.consents is None else reacted.consents
    return replace(state, ledger=reacted.ledger, suppressions=reacted.suppressions, consents=consents)


def happen(state: CustomerState, *types: OutcomeType, **other: Any) -> tuple[CustomerState, Reacted]:
    """Applies outcomes one after the other to decision `d`."""
    for type_ in types:
        reacted = apply(state, OutcomeEvent(type_, decision_id="d", **other), SHOP, NOW_MS)
        state = after(state, reacted)
    return state, reacted


@pytest.mark.parametrize("type_", [t for t in T if t not in (T.WITHDRAWN, T.NOT_MENTIONED, T.DELIVERY_FAILED, T.SCORE)])
def test_signs_of_a_contact_confirm(type_: OutcomeType) -> None:
    """Everything that shows that the contact was made confirms it."""
    assert happen(offered("gold"), type_)[1].contact.state is ContactState.CONFIRMED


@pytest.mark.parametrize("type_", [T.NOT_MENTIONED, T.DELIVERY_FAILED])
def test_what_was_not_made_is_released(type_: OutcomeType) -> None:
    """Not mentioned and not delivered release the contact, and nothing is waited for."""
    reacted = happen(offered("gold"), T.SENT, type_)[1]
    assert reacted.contact.state is ContactState.RELEASED
    assert waits_until(reacted.contact) == 0


def test_a_response_proves_the_contact_in_any_order() -> None:
    """Whatever the order of arrival, a response beats `not_mentioned`, and the ledger ends up the same."""
    for order in permutations([T.IMPRESSION, T.NOT_MENTIONED, T.CLICKED]):
        state, _ = happen(offered("gold"), *order)
        assert state.ledger[0].state is ContactState.CONFIRMED


def test_a_score_says_nothing_of_the_contact() -> None:
    """A score is kept with its value and changes no state."""
    reacted = happen(offered("gold"), T.SCORE, value=9.0)[1]
    assert reacted.contact.state is ContactState.RESERVED
    assert reacted.contact.reactions[0].value == 9.0


def test_repeat_by_type_changes_nothing() -> None:
    """The same type again for the same contact is a repeat."""
    state, first = happen(offered("gold"), T.REJECTED)
    again, second = happen(state, T.REJECTED)
    assert (first.repeated, second.repeated) == (False, True)
    assert again == state
    assert second.effects == ()


def test_repeat_by_event_id() -> None:
    """With event ids the id decides: the same id is a repeat, another id of the same type is another event."""
    state, _ = happen(offered("gold"), T.CLICKED, event_id="e1")
    assert happen(state, T.CLICKED, event_id="e1")[1].repeated
    assert happen(state, T.CLICKED)[1].repeated
    state, second = happen(state, T.CLICKED, event_id="e2")
    assert not second.repeated
    assert len(state.ledger[0].reactions) == 2


def test_late_response_is_flagged_and_counts() -> None:
    """A response after the window is late; it still confirms and takes the place of `no_response`."""
    state = offered("gold", ago_ms=2 * DAY_MS)
    state, _ = happen(state, T.NO_RESPONSE, occurred_ms=NOW_MS - DAY_MS)
    state, reacted = happen(state, T.ACCEPTED)
    assert reacted.late
    assert reacted.contact.reactions[-1].late
    assert reacted.contact.state is ContactState.CONFIRMED


def test_first_sign_after_the_reservation_is_late() -> None:
    """An inbound contact that is confirmed after its reservation had ended is counted and flagged."""
    reacted = happen(offered("gold", ago_ms=2 * HOUR_MS), T.IMPRESSION)[1]
    assert reacted.late
    assert reacted.contact.state is ContactState.CONFIRMED
    assert not happen(offered("gold", ago_ms=HOUR_MS // 2), T.IMPRESSION)[1].late
    outbound = offered("gold", ago_ms=2 * HOUR_MS, direction=Direction.OUTBOUND, channel="email")
    assert not happen(outbound, T.DELIVERED)[1].late


def test_outcome_mutes_in_the_same_step_and_withdrawal_lifts() -> None:
    """A rejection mutes with words for it; taking it back lifts it; telling it again mutes again."""
    state, reacted = happen(offered("gold"), T.REJECTED)
    assert [(s.key, s.until_ms) for s in reacted.suppressions] == [("gold", NOW_MS + 30 * DAY_MS)]
    assert reacted.guard_changed
    assert reacted.effects == ("muted action gold on all channels until 2026-02-14 12:00:00 UTC (rule no)",)
    state, reacted = happen(state, T.WITHDRAWN, withdraws="REJECTED")
    assert reacted.suppressions == ()
    assert reacted.effects == ("lifted: action gold on all channels (rule no)",)
    assert reacted.contact.state is ContactState.RESERVED
    assert waits_until(reacted.contact) == reacted.contact.respond_until_ms
    assert happen(state, T.WITHDRAWN, withdraws="rejected")[1].repeated
    state, reacted = happen(state, T.REJECTED)
    assert not reacted.repeated
    assert len(reacted.suppressions) == 1


def test_withdrawal_by_event_id() -> None:
    """An event id names exactly one outcome."""
    state, _ = happen(offered("gold"), T.CLICKED, event_id="e1")
    state, _ = happen(state, T.CLICKED, event_id="e2")
    state, reacted = happen(state, T.WITHDRAWN, withdraws="e1")
    assert [reaction.withdrawn for reaction in reacted.contact.reactions] == [True, False]


def test_withdrawal_of_nothing() -> None:
    """A withdrawal must name an outcome that is there."""
    with pytest.raises(NotFound, match="no outcome"):
        happen(offered("gold"), T.WITHDRAWN, withdraws="clicked")
    with pytest.raises(InvalidArgument, match="withdraws"):
        happen(offered("gold"), T.WITHDRAWN)


def test_opt_out_revokes_the_consent_of_the_purpose() -> None:
    """The consent for the contact's channel and the action's purpose is revoked in the same step."""
    state, reacted = happen(offered("research"), T.OPTED_OUT)
    assert verdict(state.consents, "web", "research", NOW_MS) is ConsentVerdict.REVOKED
    assert verdict(state.consents, "web", "advertising", NOW_MS) is ConsentVerdict.GRANTED
    assert reacted.guard_changed
    assert reacted.effects == ("revoked consent for research on web",)


def test_opt_out_without_action_stops_advertising() -> None:
    """An opt-out that names no action of a slate revokes advertising on the channel, and can be taken back."""
    state = offered("gold", "silver")
    state, _ = happen(state, T.OPTED_OUT)
    assert state.consents[-1].status is ConsentStatus.REVOKED
    assert verdict(state.consents, "web", "advertising", NOW_MS) is ConsentVerdict.REVOKED
    assert verdict(state.consents, "email", "advertising", NOW_MS) is ConsentVerdict.GRANTED
    state, reacted = happen(state, T.WITHDRAWN, action="gold", withdraws="opted_out")
    assert verdict(state.consents, "web", "advertising", NOW_MS) is ConsentVerdict.GRANTED
    assert reacted.guard_changed


def test_which_contact() -> None:
    """The action narrows a slate; without it, or with a wrong one, the error says what to do."""
    state = offered("gold", "silver")
    assert happen(state, T.CLICKED, action="silver")[1].contact.action == "silver"
    with pytest.raises(InvalidArgument, match="name one of gold, silver"):
        happen(state, T.CLICKED)
    with pytest.raises(NotFound) as missing:
        happen(state, T.CLICKED, action="loan")
    assert missing.value.reason == "ACTION_NOT_OFFERED"
    with pytest.raises(NotFound) as unknown:
        apply(state, OutcomeEvent(T.CLICKED, decision_id="x"), SHOP, NOW_MS)
    assert unknown.value.reason == "DECISION_NOT_FOUND"
    with pytest.raises(NotFound) as nobody:
        apply(state, OutcomeEvent(T.CLICKED, contact_id="x"), SHOP, NOW_MS)
    assert nobody.value.reason == "CONTACT_NOT_FOUND"


def test_external_contact_takes_outcomes() -> None:
    """Outcomes find a contact made elsewhere by the sender's id; it stays confirmed whatever is withdrawn."""
    recorded = external_contact(customer(), "c1", "email", "gold", 0, SHOP, NOW_MS)
    state = customer(ledger=recorded.ledger)
    event = OutcomeEvent(T.REJECTED, contact_id="c1")
    state = after(state, apply(state, event, SHOP, NOW_MS))
    assert len(state.suppressions) == 1
    taken_back = OutcomeEvent(T.WITHDRAWN, contact_id="c1", withdraws="rejected")
    reacted = apply(state, taken_back, SHOP, NOW_MS)
    assert reacted.contact.state is ContactState.CONFIRMED
    assert reacted.suppressions == ()


def test_times() -> None:
    """No time is now; a clock a little ahead is taken as now; the future is refused."""
    state = offered("gold")
    applied = [happen(state, T.CLICKED, occurred_ms=at)[1].event for at in (0, NOW_MS + CLOCK_TOLERANCE_MS, NOW_MS - 7)]
    assert [event.occurred_ms for event in applied if event] == [NOW_MS, NOW_MS, NOW_MS - 7]
    with pytest.raises(InvalidArgument, match="future"):
        happen(state, T.CLICKED, occurred_ms=NOW_MS + CLOCK_TOLERANCE_MS + 1)


def test_retention_trims_the_ledger_not_its_effects() -> None:
    """Entries older than the retention leave, the suppressions they caused stay."""
    short = catalog(action("gold"), suppressions=(RULE,), ledger_retention_ms=DAY_MS)
    state = offered("gold", ago_ms=2 * DAY_MS)
    reacted = apply(state, OutcomeEvent(T.REJECTED, decision_id="d"), short, NOW_MS)
    assert reacted.ledger == ()
    assert [s.key for s in reacted.suppressions] == ["gold"]
    entry = contact("gold", NOW_MS - HOUR_MS, id="n", decision_id="n")
    later = replace(after(state, reacted), ledger=(entry,))
    assert len(apply(later, OutcomeEvent(T.CLICKED, decision_id="n"), short, NOW_MS).suppressions) == 1


def _states(entries: tuple[Contact, ...]) -> list[ContactState]:
    return [entry.state for entry in entries]


def test_other_contacts_stay() -> None:
    """An outcome touches the contact it is about and no other."""
    state, _ = happen(offered("gold", "silver"), T.CLICKED, action="gold")
    assert _states(state.ledger) == [ContactState.CONFIRMED, ContactState.RESERVED]
