"""Caps on actions over all customers: how many contacts, or how much money, in all or in each window.

The units are whole: one a contact, one a cent. Counting is the store's: it lends units to the places where customers live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import ceil

from nba_server.domain.action import Action

DAY_MS = 86_400_000
CENTS = 100
SLACK = 0.02
"""The share of a paced cap that may be ahead of the clock."""


@dataclass(frozen=True, slots=True)
class Period:
    """A window of a cap: `since_ms` <= t < `until_ms`. (0, 0) has neither begin nor end."""

    since_ms: int = 0
    until_ms: int = 0

    def holds(self, ms: int) -> bool:
        """Whether the moment lies in it."""
        return self.since_ms <= ms and (self.until_ms == 0 or ms < self.until_ms)


ALWAYS = Period()


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `amount` units of what the `actions` and `groups` offer, in each window of `window_ms` (0: for good).

    `money`: an offer costs its action's cost in cents, else one unit. `paced`: units are released as the window passes, not
    all at its begin. Windows of whole days begin at local midnight. `smallest` and `largest` are the units of the offers that
    take the fewest and the most.
    """

    id: str
    amount: int
    window_ms: int = 0
    money: bool = False
    paced: bool = False
    actions: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    smallest: int = 1
    largest: int = 1

    @property
    def key(self) -> str:
        """What the store counts under: a cap with another window, or of another kind, is another count."""
        return f"{self.id}@{'m' if self.money else 'c'}{self.window_ms}"

    def units(self, action: Action) -> int:
        """What an offer of the action takes from it; 0 when it does not concern the action."""
        if action.id not in self.actions and action.group not in self.groups:
            return 0
        return ceil(round(action.cost * CENTS, 6)) if self.money else 1

    def period(self, now_ms: int, zone: tzinfo) -> Period:
        """The window that holds the moment."""
        if not self.window_ms:
            return ALWAYS
        if self.window_ms % DAY_MS:
            since = now_ms - now_ms % self.window_ms
            return Period(since, since + self.window_ms)
        days = self.window_ms // DAY_MS
        today = datetime.fromtimestamp(now_ms / 1000, zone).date()
        first = today - timedelta(days=today.toordinal() % days)
        return Period(_midnight(first.toordinal(), zone), _midnight(first.toordinal() + days, zone))


@dataclass(frozen=True, slots=True)
class CapUse:
    """How far a cap is used in a period: units that contacts took, and units that are lent and not spent yet."""

    cap: Cap
    period: Period
    spent: int
    held: int

    @property
    def left(self) -> int:
        """Units that are neither spent nor lent; pacing may still hold some of them back."""
        return max(0, self.cap.amount - self.spent - self.held)


def _midnight(ordinal: int, zone: tzinfo) -> int:
    day = datetime.fromordinal(ordinal).replace(tzinfo=zone)
    return round(day.timestamp() * 1000)
