"""The moment inside a decision id, for those who know the id and not the store.

The id's other parts are the store's affair (adapters/redis/identity.py).
"""

from __future__ import annotations

from nba_server.adapters.redis.identity import BUCKET_DIGITS, KEY_DIGITS, TIME_DIGITS, decode32
from nba_server.errors import InvalidArgument, Violation


def decision_time(decision_id: str) -> int:
    """When a decision was made (`bucket-time-key`). Raises `InvalidArgument` for what is no decision id."""
    parts = decision_id.split("-")
    if [len(part) for part in parts] == [BUCKET_DIGITS, TIME_DIGITS, KEY_DIGITS]:
        try:
            return decode32(parts[1])
        except KeyError:
            pass
    raise InvalidArgument(
        [Violation("decision_id", f"{decision_id!r} is no decision id; use the one that Decide gave")]
    )
