"""Outcomes: the closed list, the event, and what an event does to a customer's state.

`apply()` lives in `reaction.py`; what an outcome means for learning is the channel's polarity map's affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nba_server.domain.action import Channel, Polarity
from nba_server.domain.engagement import Contact, ContactState, Reaction


class OutcomeType(StrEnum):
    """What happened. The list is closed; the names equal those of `nba.v1.OutcomeType` in lower case."""

    SENT = "sent"
    DELIVERED = "delivered"
    IMPRESSION = "impression"
    CLICKED = "clicked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MAYBE_LATER = "maybe_later"
    CONVERTED = "converted"
    NO_RESPONSE = "no_response"
    NOT_MENTIONED = "not_mentioned"
    DELIVERY_FAILED = "delivery_failed"
    OPTED_OUT = "opted_out"
    COMPLAINT = "complaint"
    SCORE = "score"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class OutcomeEvent:
    """One event about one contact. `decision_id` or `contact_id` names it; `action` narrows a slate of several.

    `occurred_ms` 0 means "now" (the store's). `value` is money for CONVERTED, the score for SCORE.
    """

    type: OutcomeType
    decision_id: str = ""
    contact_id: str = ""
    action: str = ""
    event_id: str = ""
    occurred_ms: int = 0
    value: float | None = None
    product: str = ""
    reason: str = ""
    withdraws: str = ""


DEFAULT_POLARITY: Mapping[OutcomeType, Polarity] = {
    OutcomeType.CLICKED: Polarity.POSITIVE,
    OutcomeType.ACCEPTED: Polarity.POSITIVE,
    OutcomeType.CONVERTED: Polarity.POSITIVE,
    OutcomeType.REJECTED: Polarity.NEGATIVE,
    OutcomeType.NO_RESPONSE: Polarity.NEGATIVE,
    OutcomeType.OPTED_OUT: Polarity.NEGATIVE,
    OutcomeType.COMPLAINT: Polarity.NEGATIVE,
}
"""What outcomes mean where the channel says nothing else; the types not named are neutral."""


def polarity(channel: Channel | None, type_: str) -> Polarity:
    """What an outcome of this type means on the channel (None: a channel the catalogue no longer has)."""
    if channel is not None and type_ in channel.polarity:
        return channel.polarity[type_]
    return DEFAULT_POLARITY.get(OutcomeType(type_), Polarity.NEUTRAL)


STRONG = frozenset({"clicked", "accepted", "rejected", "maybe_later", "converted", "opted_out", "complaint"})
"""Types that are a response of the customer."""
_SEEN = frozenset({"sent", "delivered", "impression", "no_response"})
_NOT_MADE = frozenset({"not_mentioned", "delivery_failed"})


def standing(reactions: Iterable[Reaction]) -> tuple[Reaction, ...]:
    """The reactions that count: none that was withdrawn, and no `no_response` beside a real response."""
    kept = tuple([reaction for reaction in reactions if not reaction.withdrawn])
    if len(kept) < 2:
        return kept
    if any(reaction.type in STRONG for reaction in kept):
        return tuple(reaction for reaction in kept if reaction.type != OutcomeType.NO_RESPONSE)
    return kept


def answered(reactions: Iterable[Reaction]) -> bool:
    """Whether the customer responded, or the end of the response window is recorded: nothing more is waited for."""
    return any(reaction.type in STRONG or reaction.type == OutcomeType.NO_RESPONSE for reaction in standing(reactions))


def waits_until(contact: Contact) -> int:
    """When the contact must be looked at next, in ms; 0 when nothing is waited for any more.

    A reservation that lapses and holds units of caps is released at its own end, so that they come back; others wait for the
    end of the response window.
    """
    if contact.state is ContactState.RELEASED or answered(contact.reactions):
        return 0
    if contact.state is ContactState.RESERVED and contact.lapses and contact.charges:
        return min(contact.expires_ms, contact.respond_until_ms or contact.expires_ms)
    return contact.respond_until_ms


def next_wait(ledger: Sequence[Contact]) -> int:
    """When the first of the contacts must be looked at, in ms: the customer's timer; 0 when none of them waits."""
    return min(filter(None, map(waits_until, ledger)), default=0)


def state_after(contact: Contact) -> ContactState:
    """The state that the standing reactions give, whatever the order in which they arrived.

    A response proves the contact. Of "seen" and "not made" the later one holds. Without any, ours is RESERVED and
    another system's contact CONFIRMED.
    """
    kept = standing(contact.reactions)
    if any(reaction.type in STRONG for reaction in kept):
        return ContactState.CONFIRMED
    marks = [reaction for reaction in kept if reaction.type in _SEEN or reaction.type in _NOT_MADE]
    if not marks:
        return ContactState.RESERVED if contact.decision_id else ContactState.CONFIRMED
    latest = max(enumerate(marks), key=lambda pair: (pair[1].at_ms, pair[0]))[1]
    return ContactState.RELEASED if latest.type in _NOT_MADE else ContactState.CONFIRMED
