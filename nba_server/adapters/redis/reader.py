"""Reads customers: all in flight in one round trip, with the store's time of the read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.codec import decode_state
from nba_server.adapters.redis.scripts import NOW
from nba_server.application.ports import CustomerRef, ReadResult
from nba_server.domain.engagement import CustomerState, StoredBlobs

_FIELDS = ("p", "k", "l", "s", "a", "pv", "gv", "ev")


class RedisReader:
    """Implements `CustomerReader`."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client

    async def read(self, refs: Sequence[CustomerRef]) -> ReadResult:
        """States in the order of the references. The time is read last, so nothing read is later than it."""
        bucket = refs[0].bucket if refs else 0
        commands: list[Command] = [("HMGET", keys.customer(ref), *_FIELDS) for ref in refs]
        commands.append(NOW.call([keys.clock(bucket)]))
        replies = await self._client.run(commands)
        return ReadResult(tuple(_state(reply) for reply in replies[:-1]), int(replies[-1]))


def _state(values: list[Any]) -> CustomerState:
    blobs = StoredBlobs(*(value or b"" for value in values[:5]))
    return decode_state(blobs, *(int(value or 0) for value in values[5:]))
