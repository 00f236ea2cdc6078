"""The customer's profile: typed attributes, segments and products held.

Missing attributes are simply absent; nothing here raises for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Scalar = str | int | float | bool | tuple[str, ...]
"""A value of an attribute, of the context or of a fact. Times are integers: milliseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a customer. `known` is False for a customer never seen.

    `reported_ms` is when attributes were last reported, of those whose age the catalogue bounds.
    """

    attributes: Mapping[str, Scalar] = field(default_factory=dict)
    segments: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    known: bool = False
    reported_ms: Mapping[str, int] = field(default_factory=dict)
