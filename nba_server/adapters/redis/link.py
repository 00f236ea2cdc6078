"""One server of the store: its connections, its breaker, and how patiently it is waited for.

Everything of one `send` travels on one connection in one round trip, a `WAIT` for replicas behind it where that is asked. What a
decision waits for goes by wires.py, all else by redis-py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as NoAnswer

from nba_server.adapters.redis.asked import Asked
from nba_server.adapters.redis.breaker import Breaker
from nba_server.adapters.redis.packing import Argument as Argument
from nba_server.adapters.redis.packing import Command as Command
from nba_server.adapters.redis.packing import packed
from nba_server.adapters.redis.patience import Patience
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.wires import Wires
from nba_server.errors import StoreUnavailable


class Link:
    """A server by its address. `redis` is a client of one server; it is closed with the link."""

    def __init__(self, name: str, redis: Any, settings: StoreSettings) -> None:
        self.name = name
        self._redis = redis
        self._settings = settings
        self._patience = Patience(settings.patience_s, settings.read_timeout_s)
        pool = redis.connection_pool
        self._wires = Wires(lambda: pool.connection_class(**pool.connection_kwargs), settings)
        self.breaker = Breaker(name, self._answers)

    @classmethod
    def to(cls, url: str, settings: StoreSettings) -> Link:
        """`unix://`, `redis://` or `rediss://`. Nothing is sent yet."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=settings.connections,
            timeout=settings.read_timeout_s,
            socket_connect_timeout=settings.connect_timeout_s,
            socket_timeout=settings.read_timeout_s + settings.replica_wait_s,
            retry=Retry(NoBackoff(), settings.retries, supported_errors=(LostConnection,)),
            protocol=2,
        )
        return cls(url.rpartition("@")[2], Redis.from_pool(pool), settings)

    async def close(self) -> None:
        """Closes all connections; answers that are still owed are given up."""
        await self.breaker.close()
        self._wires.close()
        await self._redis.aclose()
        await asyncio.sleep(0)  # connections that were given up in the middle of an answer close in the next round

    async def send(self, commands: Sequence[Command], *, prompt: bool = False, confirmed: bool = False) -> list[Any]:
        """Replies in order, refusals of single commands as exceptions in their places.

        `prompt`: silence is noticed as soon as the store's usual speed allows, not only after the read timeout.
        `confirmed`: in strict mode the replicas must have it too. Raises `StoreUnavailable`; after a silence, a lost
        connection or too few replicas the effect is unknown.
        """
        replicas = self._settings.strict if confirmed else 0
        if replicas:
            commands = (*commands, ("WAIT", replicas, round(self._settings.replica_wait_s * 1000)))
        if prompt:
            replies = await self.exchange(packed(commands), len(commands), confirmed=confirmed)
        else:
            self.breaker.check()
            try:
                replies = await self._execute(commands)
            except (NoAnswer, RedisError, OSError) as error:
                raise self._failed(error) from error
            self.breaker.answered()
        return _enough(replies, replicas) if replicas else replies

    async def exchange(self, payload: bytes, owed: int, *, confirmed: bool) -> list[Any]:
        """As `send` with `prompt`, of commands that are packed already and are `owed` so many replies; no `WAIT` is added.

        Writes (`confirmed`) go in line, unless replicas are waited for: whoever stands behind a `WAIT` would wait for them too.
        """
        self.breaker.check()
        replicas = confirmed and self._settings.strict > 0
        asked = Asked(self._learn)
        try:
            replies = self._wires.send(payload, owed, asked.settle, lined=confirmed and not replicas)
            if replies is not None:  # waited for in place
                asked.learn()
                return replies
            if not asked.settled:
                await asked.wait(self._patience.seconds + (self._settings.replica_wait_s if replicas else 0.0))
            return asked.replies()
        except (NoAnswer, RedisError, OSError) as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StoreUnavailable:
        """The breaker knows of it."""
        if isinstance(error, NoAnswer):
            self.breaker.silent()
        else:
            self.breaker.lost()
        return _unavailable(error)

    def _learn(self, seconds: float) -> None:
        """An answer, in time or late, says that the store lives and how fast it is."""
        self._patience.learn(seconds)
        self.breaker.answered()

    async def _execute(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return list(await pipeline.execute(raise_on_error=False))

    async def _answers(self) -> bool:
        """The breaker's probe. A refusal is an answer too, unless the server only says that it is loading."""
        try:
            await self._redis.execute_command("PING")
        except BusyLoadingError:
            return False
        except ResponseError:
            return True
        except (RedisError, OSError):
            return False
        return True


def _enough(replies: list[Any], replicas: int) -> list[Any]:
    """The replies without that of WAIT. Raises `StoreUnavailable` when too few replicas have what was written."""
    found = replies.pop()
    if not isinstance(found, int) or found < replicas:
        raise StoreUnavailable(
            "Too few replicas of the store confirmed the write; a retry with the same id settles it.",
            reason="NOT_REPLICATED",
            metadata={"wanted": str(replicas)},
            detail=f"WAIT answered {found}",
        )
    return replies


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable("The store does not answer.", detail=f"{type(error).__name__}: {error}")
