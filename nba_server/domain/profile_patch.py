"""Changes to a profile: what is not named stays.

Types are checked against the catalogue by the use case, before the change arrives here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from nba_server.domain.freshness import reported
from nba_server.domain.profile import Profile, Scalar


@dataclass(frozen=True, slots=True)
class ProfilePatch:
    """A change. An attribute set to None is removed. A name in both add and remove is removed."""

    attributes: Mapping[str, Scalar | None] = field(default_factory=dict)
    add_segments: tuple[str, ...] = ()
    remove_segments: tuple[str, ...] = ()
    add_products: tuple[str, ...] = ()
    remove_products: tuple[str, ...] = ()


def _members(existing: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]) -> tuple[str, ...]:
    gone = frozenset(remove)
    return tuple(name for name in dict.fromkeys((*existing, *add)) if name not in gone)


def patch_profile(profile: Profile, patch: ProfilePatch, now_ms: int = 0, aged: Collection[str] = ()) -> Profile:
    """The profile after the change; it is known from then on. `aged` are the attributes whose age counts."""
    attributes = dict(profile.attributes)
    for name, value in patch.attributes.items():
        if value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    return Profile(
        attributes=attributes,
        segments=_members(profile.segments, patch.add_segments, patch.remove_segments),
        products=_members(profile.products, patch.add_products, patch.remove_products),
        known=True,
        reported_ms=reported(profile, patch.attributes, aged, now_ms),
    )


def changed_names(before: Profile, after: Profile) -> tuple[str, ...]:
    """Names of attributes that differ, sorted, then `segments` and `products` where they differ."""
    names = sorted(
        name
        for name in {*before.attributes, *after.attributes}
        if before.attributes.get(name) != after.attributes.get(name)
    )
    if before.segments != after.segments:
        names.append("segments")
    if before.products != after.products:
        names.append("products")
    return tuple(names)
