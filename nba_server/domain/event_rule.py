"""What events of the business do to a profile, as the catalogue declares it: attributes to set, products to hold.

Also which purchases are put down to which actions, and for how long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from nba_server.domain.profile import Scalar


class EventKind(StrEnum):
    """Kinds of events, as the catalogue names them."""

    PURCHASE = "purchase"
    COMPLAINT = "complaint"
    SERVICE_CASE = "service_case"
    SCORE = "score"


class EventPart(StrEnum):
    """What of an event an attribute takes."""

    OCCURRED_AT = "occurred_at"
    VALUE = "value"
    PRODUCT = "product"
    CHANNEL = "channel"
    CATEGORY = "category"
    MEASURE = "measure"


@dataclass(frozen=True, slots=True)
class EventRule:
    """`sets` are attributes with what each takes. `products`: what is bought is held from then on."""

    sets: tuple[tuple[str, EventPart], ...] = ()
    products: bool = False

    def attributes(self, parts: Mapping[EventPart, Scalar]) -> dict[str, Scalar]:
        """The attributes to set; those whose part the event does not have stay as they are."""
        return {name: parts[part] for name, part in self.sets if part in parts}


@dataclass(frozen=True, slots=True)
class Conversion:
    """Purchases of these products, or else in these categories, within `window_ms` of a contact are put down to it."""

    window_ms: int
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventRules:
    """`profile` by kind of event; `conversions` by action, of those that purchases confirm."""

    profile: Mapping[EventKind, EventRule] = field(default_factory=dict)
    conversions: Mapping[str, Conversion] = field(default_factory=dict)

    @property
    def longest_ms(self) -> int:
        """The longest window of a conversion; 0 without any."""
        return max((conversion.window_ms for conversion in self.conversions.values()), default=0)
