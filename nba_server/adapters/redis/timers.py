"""What falls due: customers of whose contacts a response window or a reservation has ended, over all buckets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.scripts import DUE, FORGET
from nba_server.application.ports import DueCustomer


class RedisTimers:
    """Implements `Timers`."""

    def __init__(self, client: StoreClient, identity: StoreIdentity) -> None:
        self._client = client
        self._identity = identity

    async def due(self, limit: int) -> list[DueCustomer]:
        """See `Timers`."""
        groups = self._client.groups(self._identity.buckets)
        replies = await self._client.run(
            [DUE.call([keys.clock(group[0]), *(keys.due(bucket) for bucket in group)], limit) for group in groups]
        )
        found: list[DueCustomer] = []
        for group, reply in zip(groups, replies, strict=True):
            for bucket, members in zip(group, reply, strict=True):
                found += self._customers(bucket, members)
        found.sort(key=lambda timer: timer.due_ms)
        return found[:limit]

    async def forget(self, timers: Sequence[DueCustomer]) -> None:
        """See `Timers`."""
        found: dict[int, list[str | int]] = defaultdict(list)
        for timer in timers:
            found[timer.found] += [_member(timer), timer.due_ms]
        await self._client.run([FORGET.call([keys.due(bucket)], *parts) for bucket, parts in found.items()])

    def _customers(self, bucket: int, members: list[bytes]) -> list[DueCustomer]:
        found = []
        for member, score in zip(members[::2], members[1::2], strict=True):
            ref, _, contact_id = member.decode().partition("|")
            found.append(DueCustomer(self._identity.origin(ref), int(float(score)), bucket, contact_id))
        return found


def _member(timer: DueCustomer) -> str:
    ref = timer.customer.ref
    return f"{ref}|{timer.contact_id}" if timer.contact_id else ref
