"""Whether what is known of a customer is still good: an attribute may be fresh, stale or missing.

The catalogue says how old an attribute may grow (`max_age`). A stale one is missing to rules and to the model: rules fail closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from nba_server.domain.profile import Profile, Scalar


class Freshness(StrEnum):
    """How good a value is."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"


def freshness(profile: Profile, name: str, max_age_ms: int, now_ms: int) -> Freshness:
    """Of one attribute. A value from before the catalogue asked for its age is stale until it is reported again."""
    if name not in profile.attributes:
        return Freshness.MISSING
    reported = profile.reported_ms.get(name)
    return Freshness.STALE if reported is None or now_ms - reported > max_age_ms else Freshness.FRESH


def usable(profile: Profile, max_ages: Mapping[str, int], now_ms: int) -> Mapping[str, Scalar]:
    """The attributes without the stale ones; `max_ages` in milliseconds, by attribute."""
    stale = {name for name, age in max_ages.items() if freshness(profile, name, age, now_ms) is Freshness.STALE}
    if not stale:
        return profile.attributes
    return {name: value for name, value in profile.attributes.items() if name not in stale}


def reported(before: Profile, given: Mapping[str, Scalar | None], aged: Collection[str], now_ms: int) -> dict[str, int]:
    """When attributes whose age counts were last reported, after a change that reports `given`; None takes one away."""
    kept = {name: at for name, at in before.reported_ms.items() if name not in given}
    return kept | {name: now_ms for name, value in given.items() if value is not None and name in aged}
