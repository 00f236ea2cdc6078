"""Quiet hours and holidays: times of the customer's own day in which nobody is contacted.

Local time is an argument: whose clock it is (the customer's, else the catalogue's) is decided in `local_time`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nba_server.domain.action import Action
from nba_server.domain.engagement import Direction
from nba_server.domain.profile import Profile

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From minute `start` to minute `end` of the local day (0 to 1440); with `start` > `end` over midnight.

    `weekdays` (1 = Monday) and `dates` (`2026-12-25`, or `12-25` in every year) name the days on which they begin; both
    empty: every day. `channels` and `classes` empty name all; `directions` names whom they bind.
    """

    id: str
    start: int = 0
    end: int = DAY_MINUTES
    weekdays: frozenset[int] = frozenset()
    dates: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset({Direction.OUTBOUND})
    classes: frozenset[str] = frozenset()

    def covers(self, channel: str, direction: Direction) -> bool:
        """Whether they bind contacts on the channel."""
        return direction in self.directions and (not self.channels or channel in self.channels)

    def covers_action(self, action: Action, channel: str, direction: Direction) -> bool:
        """Whether they bind the action on the channel; transactional actions are exempt."""
        named = not self.classes or action.class_ in self.classes
        return named and not action.transactional and self.covers(channel, direction)

    def hold(self, local: datetime) -> bool:
        """Whether it is quiet at a local time."""
        minute = local.hour * 60 + local.minute
        if self.start < self.end:
            return self.start <= minute < self.end and self._begin_on(local)
        if minute >= self.start:
            return self._begin_on(local)
        return minute < self.end and self._begin_on(local - timedelta(days=1))

    def _begin_on(self, day: datetime) -> bool:
        if self.weekdays and day.isoweekday() not in self.weekdays:
            return False
        return not self.dates or not self.dates.isdisjoint((f"{day:%Y-%m-%d}", f"{day:%m-%d}"))


def local_time(profile: Profile, attribute: str, zone: tzinfo, now_ms: int) -> datetime:
    """The customer's local time: in the zone that the attribute names, else (missing, unknown) in `zone`."""
    name = profile.attributes.get(attribute) if attribute else None
    own = _zone(name) if isinstance(name, str) else None
    return datetime.fromtimestamp(now_ms / 1000, own or zone)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
