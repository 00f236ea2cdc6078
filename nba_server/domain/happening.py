"""Something that happened at a customer's, as far as matters are concerned: a complaint, a service case, a score, a word by hand.

What it does to the customer's matters is the work of casework.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class HappeningKind(StrEnum):
    """What happened. The values are what the journal keeps."""

    COMPLAINT = "complaint"
    CASE_OPENED = "service_case_opened"
    CASE_UPDATED = "service_case_updated"
    CASE_CLOSED = "service_case_closed"
    SCORE = "score"
    BY_HAND = "by_hand"


_BETWEEN = "\x1f"
"""Between the two parts of a key; ids are printable, so it is in none of them."""


def key_of(event_id: str, whose: str = "") -> str:
    """The key of an event: its id, told apart from those of other senders by `whose`. Empty for an event without an id."""
    return f"{whose}{_BETWEEN}{event_id}" if event_id else ""


def event_of(key: str) -> str:
    """The event's id in a key."""
    return key.rpartition(_BETWEEN)[2]


@dataclass(frozen=True, slots=True)
class Happening:
    """`key` makes repeats harmless; empty: it is never a repeat. `by` is the agent, or else the name of the calling key.

    `rule` is the rule that somebody names by hand. `value` is the score.
    """

    kind: HappeningKind
    key: str
    at_ms: int
    by: str = ""
    channel: str = ""
    text: str = ""
    case_id: str = ""
    category: str = ""
    measure: str = ""
    value: float | None = None
    rule: str = ""
