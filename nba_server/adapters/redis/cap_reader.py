"""Reads how far caps are used: the counters, and what buckets hold of them unspent. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.cap_counter import CapCounter, Grant
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.clock import StoreClock
from nba_server.domain.cap import Cap, CapUse


class RedisCapReader:
    """Implements `CapReader`."""

    def __init__(self, client: StoreClient, clock: StoreClock, counter: CapCounter) -> None:
        self._client = client
        self._clock = clock
        self._counter = counter

    async def uses(self, caps: Sequence[Cap], zone: tzinfo) -> tuple[int, tuple[CapUse, ...]]:
        """See `CapReader`."""
        now_ms = await self._clock.now()
        return now_ms, tuple([await self._use(cap, zone, now_ms) for cap in caps])

    async def _use(self, cap: Cap, zone: tzinfo, now_ms: int) -> CapUse:
        count = await self._counter.count(cap.key)
        period = cap.period(now_ms, zone)
        if not count.period.holds(now_ms):
            return CapUse(cap, period, 0, 0)
        unspent = await self._unspent(cap, count.open)
        return CapUse(cap, count.period if cap.window_ms else period, max(0, count.lent - unspent), max(0, unspent))

    async def _unspent(self, cap: Cap, grants: Sequence[Grant]) -> int:
        """Units of open grants that their buckets still hold; a grant on its way is whole, one that was closed says its rest."""
        leases = await self._client.run([("HGET", keys.caps(grant.bucket), cap.key) for grant in grants])
        held = 0
        for grant, packed in zip(grants, leases, strict=True):
            number, left, _, _, closed, returned = msgpack.unpackb(packed) if packed else (0, 0, 0, 0, 0, 0)
            if number < grant.number:
                held += grant.units
            elif number == grant.number:
                held += int(returned if closed else left)
        return held
