"""What falls due: contacts whose response window or reservation has ended, over all buckets."""

from __future__ import annotations

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.scripts import DUE
from nba_server.application.ports import CustomerRef, DueContact


class RedisTimers:
    """Implements `Timers`."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    async def due(self, limit: int) -> list[DueContact]:
        """Contacts due at the store's now, oldest first, at most `limit`. They stay due until they are unscheduled."""
        groups = self._client.groups(self._buckets)
        replies = await self._client.run(
            [DUE.call([keys.clock(group[0]), *(keys.due(bucket) for bucket in group)], limit) for group in groups]
        )
        found: list[DueContact] = []
        for group, reply in zip(groups, replies, strict=True):
            for bucket, members in zip(group, reply, strict=True):
                found += _contacts(bucket, members)
        found.sort(key=lambda contact: contact.due_ms)
        return found[:limit]


def _contacts(bucket: int, members: list[bytes]) -> list[DueContact]:
    found = []
    for member, score in zip(members[::2], members[1::2], strict=True):
        ref, _, contact_id = member.decode().partition("|")
        found.append(DueContact(CustomerRef(ref, bucket), contact_id, int(float(score))))
    return found
