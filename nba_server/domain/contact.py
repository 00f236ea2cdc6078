"""Contact limits: how many contacts a customer, or a household, gets in a rolling window.

A limit names what it counts (channels, directions, classes, groups, actions; empty names everything), a cap and a
window. All limits hold at once. A contact at time t is admitted only if every window that holds t stays within the cap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from nba_server.domain.action import Action
from nba_server.domain.engagement import Contact, CustomerState, Direction


class LimitScope(StrEnum):
    """Whose contacts a limit or a budget counts: the person's own, or those of everybody in the household (account) together."""

    PERSON = "person"
    HOUSEHOLD = "household"

    def counted(self, state: CustomerState) -> Sequence[Contact]:
        """The ledger that counts: the customer's own, or that of the household with the others' contacts behind."""
        if self is LimitScope.PERSON or not state.household.contacts:
            return state.ledger
        return (*state.ledger, *state.household.contacts)


@dataclass(frozen=True, slots=True)
class ContactLimit:
    """At most `cap` contacts that match the filters in any window of `window_ms`.

    `shadow` limits are counted and reported, not applied. Limits without `groups` and `actions` count decisions
    (a slate shown together is one contact); the others count the matching entries' decisions too, once each.
    """

    id: str
    cap: int
    window_ms: int
    channels: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset()
    classes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()
    shadow: bool = False
    scope: LimitScope = LimitScope.PERSON

    def covers(self, channel: str, direction: Direction, class_: str, group: str, action: str) -> bool:
        """Whether a contact with these marks counts against the limit."""
        return (
            (not self.channels or channel in self.channels)
            and (not self.directions or direction in self.directions)
            and (not self.classes or class_ in self.classes)
            and (not self.groups or group in self.groups)
            and (not self.actions or action in self.actions)
        )

    def covers_contact(self, contact: Contact) -> bool:
        """Whether a ledger entry counts against the limit."""
        return self.covers(contact.channel, contact.direction, contact.class_, contact.group, contact.action)

    def covers_action(self, action: Action, channel: str, direction: Direction) -> bool:
        """Whether offering the action on the channel would count against the limit."""
        return self.covers(channel, direction, action.class_, action.group, action.id)

    def counted(self, state: CustomerState) -> Sequence[Contact]:
        """The ledger that it counts."""
        return self.scope.counted(state)
