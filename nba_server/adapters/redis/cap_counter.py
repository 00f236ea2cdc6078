"""The counter of a cap and the leases of buckets, step by step. Each step is one atomic call and may be repeated.

A grant goes from the counter (`lend`) into the bucket's lease (`deposit`), and what it left goes back when it is closed there
(`close`) and settled (`settle`). Whoever dies between two steps leaves an open grant, which anybody can close and settle.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.scripts import CLOSE, DEPOSIT, LEND, SETTLE
from nba_server.domain.cap import SLACK, Cap, Period

LEASE_MS = 30_000
"""How long a bucket keeps units that it does not spend."""
SHARE = 1 / 512
"""The share of what is free that one grant takes: half of it would be out if every bucket asked."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Units lent to a bucket; `due_ms` is when they are asked back (0 where the reply does not tell)."""

    cap: str
    bucket: int
    number: int
    units: int
    period: Period
    due_ms: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """A cap's counter: units lent and not returned in the running period, and the open grants."""

    period: Period
    lent: int
    open: tuple[Grant, ...]


class CapCounter:
    """`buckets` is their number in the store."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    async def lend(self, cap: Cap, bucket: int, period: Period, *, nothing: bool = False) -> tuple[str, Grant]:
        """(`lent`, the grant), or (`open`, the one to settle first), (`empty`, …), (`later`, …).

        `nothing`: a grant of no units, under which those that came back go home. Raises `StoreUnavailable`.
        """
        units = (0, 0, 0) if nothing else (cap.smallest, cap.largest, cap.amount)
        home = self.home(cap.key)
        packed = await self._client.one(
            LEND.call(
                (keys.cap(home, cap.key), keys.clock(home)),
                *(bucket, cap.amount, period.since_ms, period.until_ms),
                *(*units, SHARE, LEASE_MS, SLACK if cap.paced else -1),
            )
        )
        how, number, units, since_ms, until_ms = msgpack.unpackb(packed)
        return how, Grant(cap.key, bucket, int(number), int(units), Period(int(since_ms), int(until_ms)))

    async def deposit(self, grant: Grant) -> bool:
        """False when the grant was closed or deposited before."""
        return bool(await self._client.one(DEPOSIT.call([keys.caps(grant.bucket)], *_arguments(grant))))

    async def close(self, grant: Grant) -> int:
        """The units to return; the same whenever it is asked."""
        return int(await self._client.one(CLOSE.call([keys.caps(grant.bucket)], *_arguments(grant))))

    async def settle(self, grant: Grant, returned: int) -> bool:
        """False when it was settled before."""
        place = keys.cap(self.home(grant.cap), grant.cap)
        return bool(await self._client.one(SETTLE.call([place], grant.bucket, grant.number, returned)))

    async def count(self, cap_key: str) -> Count:
        """The counter as it stands."""
        fields = await self._client.one(("HGETALL", keys.cap(self.home(cap_key), cap_key)))
        known = {name.decode(): value for name, value in fields.items()}
        grants = []
        for name, packed in known.items():
            if name.startswith("b:"):
                number, units, since_ms, until_ms, due_ms = map(int, msgpack.unpackb(packed))
                grants.append(Grant(cap_key, int(name[2:]), number, units, Period(since_ms, until_ms), due_ms))
        period = Period(int(known.get("since", 0)), int(known.get("until", 0)))
        return Count(period, int(known.get("lent", 0)), tuple(grants))

    def home(self, cap_key: str) -> int:
        """The bucket in whose slot the counter is."""
        return int.from_bytes(blake2b(cap_key.encode(), digest_size=4).digest(), "big") % self._buckets


def _arguments(grant: Grant) -> tuple[str | int, ...]:
    return (grant.cap, grant.number, grant.units, grant.period.since_ms, grant.period.until_ms)
