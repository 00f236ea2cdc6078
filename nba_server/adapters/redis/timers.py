"""What falls due: contacts whose response window or reservation has ended, over all buckets."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.scripts import DUE, POSTPONE
from nba_server.application.ports import DueContact

POSTPONED_MS = 60_000


class RedisTimers:
    """Implements `Timers`."""

    def __init__(self, client: StoreClient, identity: StoreIdentity) -> None:
        self._client = client
        self._identity = identity

    async def due(self, limit: int) -> list[DueContact]:
        """Contacts due at the store's now, oldest first, at most `limit`. They stay due until they are unscheduled."""
        groups = self._client.groups(self._identity.buckets)
        replies = await self._client.run(
            [DUE.call([keys.clock(group[0]), *(keys.due(bucket) for bucket in group)], limit) for group in groups]
        )
        found: list[DueContact] = []
        for group, reply in zip(groups, replies, strict=True):
            for bucket, members in zip(group, reply, strict=True):
                found += self._contacts(bucket, members)
        found.sort(key=lambda contact: contact.due_ms)
        return found[:limit]

    async def postpone(self, contacts: Sequence[DueContact]) -> None:
        """See `Timers`. What a broken move left behind is looked at once a minute."""
        await self._client.run(
            [
                POSTPONE.call(
                    [keys.clock(contact.found), keys.due(contact.found)],
                    POSTPONED_MS,
                    f"{contact.customer.ref}|{contact.contact_id}",
                )
                for contact in contacts
            ]
        )

    def _contacts(self, bucket: int, members: list[bytes]) -> list[DueContact]:
        found = []
        for member, score in zip(members[::2], members[1::2], strict=True):
            ref, _, contact_id = member.decode().partition("|")
            found.append(DueContact(self._identity.origin(ref), contact_id, int(float(score)), bucket))
        return found
