"""Keeps buckets supplied with units of caps: asks the counter where a bucket has none, and takes unspent leases back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import tzinfo

import msgpack

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.cap_counter import CapCounter
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.each import each
from nba_server.adapters.redis.scripts import NOW
from nba_server.domain.cap import Cap, Period
from nba_server.errors import NbaError, StoreUnavailable

ASK_AGAIN_S = 0.25
STEPS = 4
"""A bucket whose grant must be settled first is asked for again, at most so often."""


class RedisCapLender:
    """Implements `CapLender`. One object a process and event loop.

    `ask_again_s`: a counter that had nothing is not asked again before, by this process.
    """

    def __init__(self, client: StoreClient, buckets: int, ask_again_s: float = ASK_AGAIN_S) -> None:
        self.ask_again_s = ask_again_s
        self._client = client
        self._buckets = buckets
        self.counter = CapCounter(client, buckets)
        self._asking: dict[tuple[int, str], asyncio.Task[None]] = {}
        self._empty: dict[tuple[str, int], float] = {}

    async def ready(self, buckets: Sequence[int], caps: Sequence[Cap], zone: tzinfo) -> Mapping[int, Mapping[str, int]]:
        """See `CapLender`."""
        wanted = sorted(set(buckets))
        left, now_ms = await self._left(wanted, caps)
        asked = [
            self._ask(bucket, cap, cap.period(now_ms, zone))
            for bucket in wanted
            for cap in caps
            if left[bucket][cap.key] < cap.largest and self._worth_asking(cap)
        ]
        if asked:
            await asyncio.gather(*asked, return_exceptions=True)
            left, _ = await self._left(wanted, caps)
        return left

    async def take_back(self, caps: Sequence[Cap], zone: tzinfo) -> int:
        """Takes back what buckets hold unspent past its time, and what released contacts gave back since; the number of grants.

        Raises `StoreUnavailable`.
        """
        _, now_ms = await self._left([0], caps)
        settled = 0
        for cap in caps:
            count = await self.counter.count(cap.key)
            for grant in count.open:
                if grant.due_ms <= now_ms:
                    settled += await self.counter.settle(grant, await self.counter.close(grant))
        return settled + await self._collect(caps, zone, now_ms)

    async def _collect(self, caps: Sequence[Cap], zone: tzinfo, now_ms: int) -> int:
        """Units that came back into closed leases go home under a grant of none, closed at once."""
        known = {cap.key: cap for cap in caps}
        settled = 0
        for bucket, fields in enumerate(await each(self._client, keys.caps, self._buckets, "HGETALL")):
            for name, packed in zip(fields[::2], fields[1::2], strict=True):
                _, left, since_ms, until_ms, closed, _ = msgpack.unpackb(packed)
                cap = known.get(name.decode())
                if cap is None or not closed or not left or not Period(int(since_ms), int(until_ms)).holds(now_ms):
                    continue
                how, grant = await self.counter.lend(cap, bucket, cap.period(now_ms, zone), nothing=True)
                if how == "lent":
                    settled += await self.counter.settle(grant, await self.counter.close(grant))
        return settled

    async def _left(self, buckets: Sequence[int], caps: Sequence[Cap]) -> tuple[dict[int, dict[str, int]], int]:
        """Units that may be spent, and the store's time. Nothing where the store does not answer."""
        names = [cap.key for cap in caps]
        commands: list[Command] = [("HMGET", keys.caps(bucket), *names) for bucket in buckets]
        commands += [NOW.call([keys.clock(bucket)]) for bucket in buckets]
        replies = await self._client.run_each(commands, prompt=True)
        times = [int(reply) for reply in replies[len(buckets) :] if not isinstance(reply, NbaError)]
        now_ms = max(times, default=0)
        left = {
            bucket: dict.fromkeys(names, 0)
            if isinstance(reply, NbaError)
            else {name: _spendable(packed, now_ms) for name, packed in zip(names, reply, strict=True)}
            for bucket, reply in zip(buckets, replies, strict=False)
        }
        return left, now_ms

    def _worth_asking(self, cap: Cap) -> bool:
        return self._empty.get((cap.key, cap.amount), 0.0) <= time.monotonic()

    async def _ask(self, bucket: int, cap: Cap, period: Period) -> None:
        """Callers who want the same at the same time share one asking."""
        place = (bucket, cap.key)
        task = self._asking.get(place)
        if task is None:
            task = self._asking[place] = asyncio.create_task(self._supply(bucket, cap, period))
            task.add_done_callback(lambda _: self._asking.pop(place, None))
        await asyncio.shield(task)

    async def _supply(self, bucket: int, cap: Cap, period: Period) -> None:
        try:
            for _ in range(STEPS):
                how, grant = await self.counter.lend(cap, bucket, period)
                if how == "open":
                    await self.counter.settle(grant, await self.counter.close(grant))
                    continue
                if how == "lent":
                    await self.counter.deposit(grant)
                if grant.units < cap.largest:
                    self._empty[cap.key, cap.amount] = time.monotonic() + self.ask_again_s
                return
        except StoreUnavailable:
            return  # nothing is lent; whoever needs it asks again


def _spendable(packed: bytes | None, now_ms: int) -> int:
    if packed is None:
        return 0
    _, left, since_ms, until_ms, _, _ = msgpack.unpackb(packed)
    return max(0, int(left)) if Period(int(since_ms), int(until_ms)).holds(now_ms) else 0
