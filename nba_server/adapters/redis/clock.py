"""The store's clock: real in a live store; in a replay store set by hand, forward only, frozen or ticking."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.scripts import ADVANCE, NOW
from nba_server.errors import FailedPrecondition


def told_by(bucket: int) -> tuple[Command, Command]:
    """What a bucket's server tells the time by, without a script: that is an eighth of the price. See `moment`."""
    return ("GET", keys.clock(bucket)), ("TIME",)


def moment(replay: bytes | None, real: Sequence[bytes | int]) -> int:
    """Milliseconds since 1970 UTC by what a clock's key and TIME say; as `clock.lua` has it."""
    seconds, micros = map(int, real)
    real_ms = seconds * 1000 + micros // 1000
    if not replay:
        return real_ms
    told_ms = int(replay[1:])
    return told_ms if replay[:1] == b"=" else real_ms + told_ms


class StoreClock:
    """All buckets of a replay store have the same clock, each in its own slot."""

    def __init__(self, client: StoreClient, buckets: int, *, replay: bool) -> None:
        self._client = client
        self._buckets = buckets
        self._replay = replay

    async def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return int(await self._client.one(NOW.call([keys.clock(0)])))

    async def advance(self, to_ms: int, *, ticking: bool = False) -> None:
        """Moves the clock of a replay store to `to_ms`; `ticking` lets it run on from there.

        Raises `FailedPrecondition` in a live store, and when `to_ms` lies before the clock.
        """
        if not self._replay:
            raise FailedPrecondition("Only the clock of a replay store can be moved; this store is live.")
        value = f"={to_ms}"
        if ticking:
            value = f"+{to_ms - moment(None, await self._client.one(('TIME',)))}"
        late = await self._client.run(
            [
                ADVANCE.call([keys.clock(bucket) for bucket in group], value, to_ms)
                for group in self._client.groups(self._buckets)
            ]
        )
        if any(late):
            raise FailedPrecondition(f"The clock moves forward only: it is past {to_ms} already.")
