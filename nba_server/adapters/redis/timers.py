"""What falls due: contacts whose response window or reservation has ended, over all buckets."""

from __future__ import annotations

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.clock import StoreClock
from nba_server.application.ports import CustomerRef, DueContact


class RedisTimers:
    """Implements `Timers`."""

    def __init__(self, client: StoreClient, clock: StoreClock, buckets: int) -> None:
        self._client = client
        self._clock = clock
        self._buckets = buckets

    async def due(self, limit: int) -> list[DueContact]:
        """Contacts due at the store's now, oldest first, at most `limit`. They stay due until they are unscheduled."""
        now = await self._clock.now()
        buckets = range(self._buckets)
        replies = await self._client.run(
            [("ZRANGEBYSCORE", keys.due(b), "-inf", now, "WITHSCORES", "LIMIT", 0, limit) for b in buckets]
        )
        found: list[DueContact] = []
        for bucket, reply in zip(buckets, replies, strict=True):
            for member, score in zip(reply[::2], reply[1::2], strict=True):
                ref, _, contact_id = member.decode().partition("|")
                found.append(DueContact(CustomerRef(ref, bucket), contact_id, int(float(score))))
        found.sort(key=lambda contact: contact.due_ms)
        return found[:limit]
