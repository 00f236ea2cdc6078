"""Reads customers: all in flight in one round trip, with the store's time of the read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.codec import decode_state
from nba_server.adapters.redis.scripts import NOW
from nba_server.application.ports import CustomerRef, PartialRead, ReadResult
from nba_server.domain.engagement import CustomerState, StoredBlobs
from nba_server.errors import NbaError

_BLOBS = ("p", "k", "l", "s", "a", "d")
_FIELDS = (*_BLOBS, "pv", "gv", "ev")


class RedisReader:
    """Implements `CustomerReader`."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """States in the order of the references. The time is read last, so nothing read is later than it."""
        read = await self.read_each(refs)
        for state in read.states:
            if isinstance(state, NbaError):
                raise state
        return ReadResult(tuple(state for state in read.states if isinstance(state, CustomerState)), read.now_ms)

    async def read_each(self, refs: Sequence[CustomerRef]) -> PartialRead:
        """As `read`, with the failure of a part of the store in the places of the customers who live there."""
        first = refs[0].bucket if refs else 0
        buckets = sorted({ref.bucket for ref in refs}) if self._client.spread else [first]
        commands: list[Command] = [("HMGET", keys.customer(ref), *_FIELDS) for ref in refs]
        commands += [NOW.call([keys.clock(bucket)]) for bucket in buckets]
        replies = await self._client.run_each(commands, prompt=True)
        times = [int(reply) for reply in replies[len(refs) :] if not isinstance(reply, NbaError)]
        if not times:
            raise replies[-1]
        states = [reply if isinstance(reply, NbaError) else _state(reply) for reply in replies[: len(refs)]]
        return PartialRead(tuple(states), max(times))


def _state(values: list[Any]) -> CustomerState:
    records, versions = values[: len(_BLOBS)], values[len(_BLOBS) :]
    return decode_state(StoredBlobs(*(value or b"" for value in records)), *(int(value or 0) for value in versions))
