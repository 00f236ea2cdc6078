"""The store as the compiled part of the express lane talks to it: what it is told of keys and scripts, and two exchanges a batch.

Only where one server has all customers and nobody waits for replicas; else the readers and writers of the ordinary path do it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from redis.exceptions import NoScriptError, RedisError

from nba_server.adapters.redis.client import StoreClient, refusal, refused
from nba_server.adapters.redis.clock import moment, told_by
from nba_server.adapters.redis.decision_writer import TOGETHER, result_of
from nba_server.adapters.redis.packing import around_key, packed
from nba_server.adapters.redis.reader import TO_DECIDE
from nba_server.adapters.redis.reserving import places_of
from nba_server.adapters.redis.scripts import RESERVE
from nba_server.application.ports import CommitResult
from nba_server.errors import NbaError

_CLOCK = told_by(0)
"""One server has one clock."""
_AGAIN = (b"stale", b"changed")
_FAILED = b"failed"


class RedisExpress:
    """Exchanges of packed commands. `client` is of one server."""

    def __init__(self, client: StoreClient, buckets: int) -> None:
        self._client = client
        self._buckets = buckets

    @property
    def spec(self) -> dict[str, Any]:
        """What commands are made of."""
        head, tail = around_key(TO_DECIDE)
        return {
            "keys": [[key.encode() for key in places_of(bucket)] for bucket in range(self._buckets)],
            "read_head": head,
            "read_tail": tail,
            "clock": packed(_CLOCK),
            "script": RESERVE.sha.encode(),
            "together": TOGETHER,
        }

    async def read(self, payload: bytes, customers: int) -> tuple[list[Any], int]:
        """The records in order, refusals as exceptions in their places, and the store's time. Raises `StoreUnavailable`."""
        *found, replay, real = await self._client.exchange(payload, customers + len(_CLOCK), confirmed=False)
        for told in (replay, real):
            if isinstance(told, RedisError):
                raise refusal(told)
        return found, moment(replay, real)

    def commit(self, payload: bytes, calls: int) -> Awaitable[list[Any]]:
        """What each call of the script replied, a refusal as an exception. Raises `StoreUnavailable`: the effect is unknown."""
        return self._client.exchange(payload, calls, confirmed=True)


def outcome_of(reply: Sequence[bytes] | Exception) -> CommitResult | NbaError | None:
    """What became of a decision that is not reserved as it was proposed; None: nothing was done, it is to be decided again."""
    if isinstance(reply, NoScriptError):  # the engine lost its scripts: the ordinary path sends them anew
        return None
    if isinstance(reply, Exception):
        return reply if isinstance(reply, NbaError) else refusal(reply)
    if reply[0] in _AGAIN:
        return None
    return refused(reply[1].decode(errors="replace")) if reply[0] == _FAILED else result_of(reply)
