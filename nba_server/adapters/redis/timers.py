"""What falls due: customers of whose contacts a response window or a reservation has ended, over all buckets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.identity import StoreIdentity
from nba_server.adapters.redis.scripts import DUE, FORGET
from nba_server.application.ports import DueCustomer

AMPLE = 2
"""So many times its part of what is wanted each bucket is asked for: they do not hold equally much."""


class RedisTimers:
    """Implements `Timers`."""

    def __init__(self, client: StoreClient, identity: StoreIdentity) -> None:
        self._client = client
        self._identity = identity

    async def due(self, limit: int) -> list[DueCustomer]:
        """See `Timers`. When many are due, all buckets get their turn: of each, the oldest."""
        buckets = self._identity.buckets
        share = -(-AMPLE * limit // buckets)
        found = await self._due(range(buckets), share)
        full = {bucket for bucket, timers in found.items() if len(timers) == share}
        if full and sum(map(len, found.values())) < limit:
            found |= await self._due(full, limit)
        timers = sorted((timer for timers in found.values() for timer in timers), key=lambda timer: timer.due_ms)
        return timers[:limit]

    async def forget(self, timers: Sequence[DueCustomer]) -> None:
        """See `Timers`."""
        found: dict[int, list[str | int]] = defaultdict(list)
        for timer in timers:
            found[timer.found] += [_member(timer), timer.due_ms]
        await self._client.run([FORGET.call([keys.due(bucket)], *parts) for bucket, parts in found.items()])

    async def _due(self, buckets: Collection[int], most: int) -> dict[int, list[DueCustomer]]:
        """At most so many of each bucket."""
        groups = [[b for b in group if b in buckets] for group in self._client.groups(self._identity.buckets)]
        groups = [group for group in groups if group]
        replies = await self._client.run(
            [DUE.call([keys.clock(group[0]), *map(keys.due, group)], most) for group in groups]
        )
        return {
            bucket: self._customers(bucket, members)
            for group, reply in zip(groups, replies, strict=True)
            for bucket, members in zip(group, reply, strict=True)
        }

    def _customers(self, bucket: int, members: list[bytes]) -> list[DueCustomer]:
        found = []
        for member, score in zip(members[::2], members[1::2], strict=True):
            ref, _, contact_id = member.decode().partition("|")
            found.append(DueCustomer(self._identity.origin(ref), int(float(score)), bucket, contact_id))
        return found


def _member(timer: DueCustomer) -> str:
    ref = timer.customer.ref
    return f"{ref}|{timer.contact_id}" if timer.contact_id else ref
