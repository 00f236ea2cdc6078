"""What can be told: the types of events, and an event as it was drawn from the journal.

It knows nothing of who is told, nor of how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TYPES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "nba.decision.made": (("decision",), "A decision, also one without an offer."),
    "nba.outcome.recorded": (
        ("outcome",),
        "What became of an offer or contact; `no_response` at the end of a wait too.",
    ),
    "nba.suppression.started": (("outcome",), "Actions were muted for a customer after an outcome."),
    "nba.suppression.lifted": (("outcome",), "They no longer are, since the outcome was withdrawn or corrected."),
    "nba.consent.changed": (("customer", "outcome"), "A consent was given, denied or taken back."),
    "nba.customer.changed": (("customer",), "A profile changed: the names of what changed, not the values."),
    "nba.customer.deleted": (("customer",), "A profile was deleted."),
    "nba.contact.recorded": (("contact",), "A contact that another system made."),
    "nba.purchase.recorded": (("purchase",), "A purchase."),
    "nba.purchase.returned": (("purchase",), "A purchase was taken back."),
    "nba.matter.opened": (("matter",), "A matter (ticket) between a customer and us was opened."),
    "nba.matter.closed": (("matter",), "It was closed."),
}
"""Every type: the kinds of journal entries that it comes from, and what it says."""

TEST = "nba.webhook.test"
"""What `nba webhooks test` sends; nobody subscribes to it."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a customer, `at_ms` on the store's clock.

    `number` counts the events of one journal entry and never changes, whoever is told. `data` is the payload's own part
    without the customer; `actions` are those that it is about.
    """

    number: int
    type: str
    at_ms: int
    customer_ref: str
    data: Mapping[str, Any]
    actions: frozenset[str] = frozenset()


def matches(pattern: str, type_: str) -> bool:
    """`nba.outcome.recorded`, `nba.outcome.*` or `nba.*`."""
    return pattern == type_ or (pattern.endswith(".*") and type_.startswith(pattern[:-1]))


def kinds_of(patterns: tuple[str, ...]) -> frozenset[str]:
    """The kinds of journal entries that events of these patterns come from."""
    wanted = (kinds for type_, (kinds, _) in TYPES.items() if any(matches(pattern, type_) for pattern in patterns))
    return frozenset(kind for kinds in wanted for kind in kinds)
