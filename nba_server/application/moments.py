"""When something happened, told by a caller whose clock is not the store's."""

from __future__ import annotations

from nba_server.errors import InvalidArgument, Violation

TOLERANCE_MS = 5_000
"""How far a caller's clock may be ahead of the store's; such a time counts as now."""


def happened_at(occurred_ms: int, now_ms: int) -> int:
    """The time of the event on the store's clock, never later than now; 0 means now.

    Raises `InvalidArgument` for a time in the future.
    """
    if occurred_ms - now_ms > TOLERANCE_MS:
        ahead = (occurred_ms - now_ms) / 1000
        raise InvalidArgument([Violation("occurred_at", f"must not be in the future; it is {ahead:.0f} s ahead")])
    return min(occurred_ms, now_ms) if occurred_ms else now_ms
