"""Durations and dates as people write them in a catalogue, in milliseconds."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_UNITS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([1-9][0-9]{0,5})([smhdw])\Z")
DAY_MS = 86_400_000


def duration_ms(text: str) -> int:
    """`30m`, `24h`, `7d`, `2w` as milliseconds. Raises ValueError for anything else."""
    match = _DURATION.match(text)
    if match is None:
        raise ValueError(f"`{text}` is no duration; write 30m, 24h, 7d or 2w")
    return int(match[1]) * _UNITS[match[2]]


def duration_text(ms: int) -> str:
    """The shortest text of a duration, for people: 604800000 is `7d`."""
    for unit in ("d", "h", "m", "s"):
        if ms % _UNITS[unit] == 0:
            return f"{ms // _UNITS[unit]}{unit}"
    return f"{ms}ms"


def instant_ms(text: str, zone: ZoneInfo, *, end: bool = False) -> int:
    """A date or time as milliseconds since 1970 UTC, in `zone` unless it names its own offset.

    A date alone is its first moment; with `end` the first moment of the day after. Raises ValueError.
    """
    if len(text) == 10:
        day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
        moment = datetime(day.year, day.month, day.day, tzinfo=zone)
    else:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)
