"""What the end of a contact's response window does.

An inbound reservation nobody confirmed is released, and so is an inactive one; another outbound one may have gone out and is
confirmed (it fails closed). A confirmed contact without a response gets `no_response`, once.
"""

from __future__ import annotations

from dataclasses import replace

from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import ContactState, CustomerState, Reaction
from nba_server.domain.outcome import OutcomeEvent, OutcomeType, waits_until
from nba_server.domain.reaction import Reacted, concluded


def expire(state: CustomerState, contact_id: str, now_ms: int, catalog: Catalog) -> Reacted | None:
    """Ends the contact's wait. None when there is nothing to do: unknown, not yet due, released or answered.

    `Reacted.event` is the `no_response` outcome, or None when a reservation was only released.
    """
    contact = next((entry for entry in state.ledger if entry.id == contact_id), None)
    if contact is None or not 0 < waits_until(contact) <= now_ms:
        return None
    if contact.state is ContactState.RESERVED and contact.lapses:
        return concluded(state, replace(contact, state=ContactState.RELEASED), None, catalog, now_ms)
    event = OutcomeEvent(
        type=OutcomeType.NO_RESPONSE,
        decision_id=contact.decision_id,
        contact_id=contact.id,
        action=contact.action,
        occurred_ms=contact.respond_until_ms,
    )
    reaction = Reaction(OutcomeType.NO_RESPONSE.value, contact.respond_until_ms)
    after = replace(contact, state=ContactState.CONFIRMED, reactions=(*contact.reactions, reaction))
    return concluded(state, after, event, catalog, now_ms)
