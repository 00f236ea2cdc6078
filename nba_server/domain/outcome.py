"""Outcomes: the closed list, the event, and what an event does to a customer's state.

`apply()` lives in `reaction.py`; labels for learning are decided by the channel's polarity map.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
