"""Walks over all customers who have a profile: one walk on a single server, bucket by bucket in a cluster.

The place of a walk is a text that says which part it is in, the engine's cursor, and the engine's run that gave it.
"""

from __future__ import annotations

import re

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.scripts import SCAN
from nba_server.application.ports import CustomerRef
from nba_server.application.ports.listing import DirectoryPage
from nba_server.errors import InvalidArgument, Violation

STEP = 1_000
"""Keys that the engine looks at in one step; customers and remembered requests alike, so that no step takes long."""
STEPS = 50
"""Steps of a page at most: one that finds nobody ends too."""

_PLACE = re.compile(r"(\d{1,4})\.(\d{1,20})\.([0-9a-f]{0,64})")
_KEY = re.compile(rb"nba:\{b([0-9a-f]{3})\}:c:([0-9a-f]{32})")


class RedisDirectory:
    """Implements `Directory`."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    async def page(self, place: str, limit: int) -> DirectoryPage:
        """About `limit` customers from `place` on. Raises `InvalidArgument`, `StoreUnavailable`."""
        part, cursor, run = _parsed(place)
        groups = self._client.groups(self._buckets)
        found: list[tuple[CustomerRef, str]] = []
        for _ in range(STEPS):
            if part >= len(groups):
                return DirectoryPage(tuple(found), "")
            run, cursor, pairs = await self._step(groups[part], cursor, run)
            found += pairs
            if cursor == "0":
                part, run = part + 1, ""
            if len(found) >= limit:
                break
        return DirectoryPage(tuple(found), f"{part}.{cursor}.{run}" if part < len(groups) else "")

    async def _step(self, group: range, cursor: str, run: str) -> tuple[str, str, list[tuple[CustomerRef, str]]]:
        pattern = keys.customers(group[0] if len(group) == 1 else None)
        reply = await self._client.one(SCAN.call([keys.journal(group[0])], cursor, run, pattern, STEP))
        pairs = [
            (CustomerRef(match[2].decode(), int(match[1], 16)), id_.decode())
            for key, id_ in zip(reply[2][::2], reply[2][1::2], strict=True)
            if (match := _KEY.fullmatch(key))
        ]
        return reply[0].decode(), reply[1].decode(), pairs


def _parsed(place: str) -> tuple[int, str, str]:
    if not place:
        return 0, "0", ""
    match = _PLACE.fullmatch(place)
    if match is None:
        raise InvalidArgument(
            [Violation("page_token", "is none that a page named: take next_page_token of the last one")]
        )
    return int(match[1]), match[2], match[3]
