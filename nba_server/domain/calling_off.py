"""Which planned contacts must not go out any more, because what they propose was muted since.

Planned is what has not gone out yet: an outbound contact of a later time, or one whose reservation still holds unheard of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import ANY_CHANNEL
from nba_server.domain.engagement import (
    Contact,
    ContactState,
    CustomerState,
    Direction,
    Suppression,
    SuppressionLevel,
)
from nba_server.domain.muting_keys import attribute_keys
from nba_server.domain.outcome import standing


@dataclass(frozen=True, slots=True)
class CalledOff:
    """A planned contact, and the rule (of suppressions or matters) that mutes it."""

    contact: Contact
    rule: str


def called_off(before: CustomerState, after: CustomerState, catalog: Catalog, now_ms: int) -> tuple[CalledOff, ...]:
    """The planned contacts that what is new between the two states mutes."""
    if before.suppressions == after.suppressions and before.matters == after.matters:
        return ()
    planned = [contact for contact in after.ledger if _planned(contact, now_ms)]
    found = ((contact, _muted_by(contact, before, after, catalog, now_ms)) for contact in planned)
    return tuple(CalledOff(contact, rule) for contact, rule in found if rule)


def _planned(contact: Contact, now_ms: int) -> bool:
    if contact.direction is not Direction.OUTBOUND or contact.state is ContactState.RELEASED:
        return False
    if standing(contact.reactions):
        return False
    held = contact.state is ContactState.RESERVED and contact.expires_ms > now_ms
    return held or contact.at_ms > now_ms


def _muted_by(
    contact: Contact, before: CustomerState, after: CustomerState, catalog: Catalog, now_ms: int
) -> str | None:
    index = catalog.index.get(contact.action)
    if index is None:
        return None
    for suppression in after.suppressions:
        if suppression not in before.suppressions and _suppresses(suppression, contact, index, catalog):
            return suppression.rule
    open_before = {matter.id for matter in before.matters if matter.holds(now_ms)}
    for matter in after.matters:
        known = catalog.matter_masks.get(matter.rule)
        if matter.id not in open_before and known is not None and known[1][index]:
            return matter.rule
    return None


def _suppresses(suppression: Suppression, contact: Contact, index: int, catalog: Catalog) -> bool:
    """Whether the contact is muted at its own time."""
    if suppression.channel not in (contact.channel, ANY_CHANNEL):
        return False
    if suppression.until_ms and suppression.until_ms <= contact.at_ms:
        return False
    return suppression.key in _keys(suppression.level, index, suppression.key, catalog)


def _keys(level: SuppressionLevel, index: int, key: str, catalog: Catalog) -> Iterator[str]:
    action = catalog.actions[index]
    if level is SuppressionLevel.ACTION:
        yield action.id
    elif level is SuppressionLevel.GROUP:
        yield action.group
    else:
        name = key.partition("=")[0]
        yield from attribute_keys(name, action.attributes.get(name))
