"""Leases: at most one holder a name, for a time, each with a fence number that only grows.

Time to live is real time, in replay stores too.
"""

from __future__ import annotations

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.scripts import LEASE


class LeaseStore:
    """`owner` names one process for good, as host, pid and a random part, so that it may ask again."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def acquire(self, name: str, ttl_ms: int, owner: str) -> int | None:
        """The fence number of the lease, or None while another owner holds it. Asking again prolongs one's own."""
        return await self._call(name, "acquire", owner, ttl_ms) or None

    async def renew(self, name: str, fence: int, ttl_ms: int) -> bool:
        """Prolongs the lease; False when it is lost."""
        return await self._call(name, "renew", str(fence), ttl_ms) == 1

    async def release(self, name: str, fence: int) -> None:
        """Gives the lease back; nothing happens when it is lost already."""
        await self._call(name, "release", str(fence), 0)

    async def check(self, name: str, fence: int) -> bool:
        """Whether the lease is still held under this fence number."""
        return await self._call(name, "check", str(fence), 0) == 1

    async def _call(self, name: str, what: str, who: str, ttl_ms: int) -> int:
        return int(await self._client.one(LEASE.call((keys.lease(name), keys.fence(name)), what, who, ttl_ms)))
