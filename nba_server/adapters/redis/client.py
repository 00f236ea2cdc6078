"""The connection: all commands of a batch in one round trip, scripts by hash, every failure as `StoreUnavailable`.

Knows redis-py and nothing of customers. Commands are tuples; replies are what the engine answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import NoScriptError, RedisError

from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import StoreUnavailable

Argument = str | bytes | int | float
Command = tuple[Argument, ...]
"""One command with its arguments."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script and its hash."""

    source: str
    sha: str

    @classmethod
    def load(cls, *names: str) -> Script:
        """Joins script files of this package; `clock.lua` first where a script needs the time."""
        folder = files("nba_server.adapters.redis") / "scripts"
        source = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
        return cls(source, hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest())

    def call(self, keys: Sequence[str], *arguments: Argument) -> Command:
        """The command that runs the script."""
        return ("EVALSHA", self.sha, len(keys), *keys, *arguments)


class StoreClient:
    """Runs commands. One object a process and event loop."""

    def __init__(self, redis: Any, scripts: Sequence[Script]) -> None:
        self._redis = redis
        self._scripts = {script.sha: script for script in scripts}

    @classmethod
    def connect(cls, url: str, settings: StoreSettings, scripts: Sequence[Script]) -> StoreClient:
        """`unix://`, `redis://` or `rediss://`. Nothing is sent yet."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=settings.connections,
            timeout=settings.read_timeout_s,
            socket_connect_timeout=settings.connect_timeout_s,
            socket_timeout=settings.read_timeout_s,
            retry=Retry(NoBackoff(), settings.retries, supported_errors=(LostConnection,)),
            protocol=2,
        )
        return cls(Redis.from_pool(pool), scripts)

    async def close(self) -> None:
        """Closes all connections."""
        await self._redis.aclose()

    async def run(self, commands: Sequence[Command]) -> list[Any]:
        """Replies in the order of the commands, in one round trip. Raises `StoreUnavailable`."""
        if not commands:
            return []
        replies = await self._send(commands)
        unknown = [i for i, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:  # the engine lost them: a restart, a failover, a flush; with the source it cannot miss again
            again = await self._send([self._with_source(commands[i]) for i in unknown])
            for i, reply in zip(unknown, again, strict=True):
                replies[i] = reply
        for reply in replies:
            if isinstance(reply, Exception):
                raise StoreUnavailable("The store refused a command.", detail=str(reply)) from reply
        return replies

    def groups(self, buckets: int) -> list[range]:
        """The buckets whose keys one command may name together: all of them, or in a cluster each by itself."""
        return [range(buckets)]

    async def one(self, command: Command) -> Any:
        """The reply to one command. Raises `StoreUnavailable`."""
        return (await self.run((command,)))[0]

    async def facts(self) -> list[dict[str, Any]]:
        """What INFO says, of each server that takes writes. Raises `StoreUnavailable`."""
        return [await self.one(("INFO", "everything"))]

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        return await self._raising(self._execute(commands))

    async def _execute(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return list(await pipeline.execute(raise_on_error=False))

    async def _raising(self, answer: Awaitable[Answer]) -> Answer:
        try:
            return await answer
        except (RedisError, OSError) as error:
            raise StoreUnavailable("The store does not answer.", detail=f"{type(error).__name__}: {error}") from error

    def _with_source(self, command: Command) -> Command:
        return ("EVAL", self._scripts[str(command[1])].source, *command[2:])
