"""One decision in the place of another: what the earlier one still holds is released, then the new one is made.

The store's script repeats it inside its atomic call; both must say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from nba_server.domain.engagement import Contact, ContactState, CustomerState
from nba_server.domain.request import DecisionInput


class Refusal(StrEnum):
    """Why a decision cannot be superseded. EXPIRED: its reservation has ended, so there is nothing to swap."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


def holds(contact: Contact, now_ms: int) -> bool:
    """Whether the contact is reserved still."""
    return contact.state is ContactState.RESERVED and contact.expires_ms > now_ms


def superseded(ledger: Sequence[Contact], decision_id: str, now_ms: int) -> tuple[Contact, ...]:
    """With what the decision still holds released; what was confirmed, or may have gone out, stays."""
    return tuple(
        replace(contact, state=ContactState.RELEASED, expires_ms=now_ms)
        if contact.decision_id == decision_id and holds(contact, now_ms)
        else contact
        for contact in ledger
    )


def refusal(ledger: Sequence[Contact], decision_id: str, now_ms: int, *, remembered: bool) -> Refusal | None:
    """Why the decision cannot be superseded; None when it can.

    `remembered`: the store still knows its request. A decision that offered nothing has no entry in the ledger and can be
    superseded as long as that; so can one whose contacts an outcome has released.
    """
    entries = [contact for contact in ledger if contact.decision_id == decision_id]
    if not entries:
        return None if remembered else Refusal.UNKNOWN
    for contact in entries:
        released = contact.state is ContactState.RELEASED and bool(contact.reactions) and remembered
        if contact.state is ContactState.CONFIRMED or released or holds(contact, now_ms):
            return None
    return Refusal.EXPIRED


def state_for(given: DecisionInput) -> CustomerState:
    """The customer as the decision may see them: without what it takes the place of."""
    if not given.request.supersedes:
        return given.state
    return replace(given.state, ledger=superseded(given.state.ledger, given.request.supersedes, given.now_ms))
