"""The keys of an engine, any engine: walked over, dumped, put back, counted.

It knows which key is what, and nothing of what is in them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError, ResponseError

from nba_server.adapters.backup.manifest import Counts
from nba_server.adapters.redis import keys
from nba_server.adapters.redis.cluster import SCHEMES
from nba_server.errors import StoreUnavailable

CUSTOMERS = "nba:{b*}:c:*"
REQUESTS = "nba:{b*}:r:*"
EVERYTHING = "nba:*"
_BATCH = 500
_PATIENCE_S = 60.0
_COUNTED = "return {redis.call('DUMP', KEYS[1]), redis.call(ARGV[1], KEYS[1])}"
_TIMED = "return {redis.call('DUMP', KEYS[1]), redis.call('ZSCORE', KEYS[2], ARGV[1])}"


@dataclass(frozen=True, slots=True)
class DumpedKey:
    """A key with the engine's own form of its value; `expires_ms` is 0 for one that stays."""

    name: bytes
    expires_ms: int
    value: bytes


class KeySpace:
    """The keys at an address. Every method raises `StoreUnavailable`."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis

    @classmethod
    def connect(cls, url: str) -> KeySpace:
        """Any address that a store may have; nothing is sent yet."""
        scheme, _, rest = url.partition("://")
        if f"{scheme}://" in SCHEMES:
            return cls(RedisCluster.from_url(SCHEMES[f"{scheme}://"] + rest, protocol=2, socket_timeout=_PATIENCE_S))
        return cls(Redis.from_url(url, protocol=2, socket_timeout=_PATIENCE_S))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._redis.aclose()

    async def names(self, pattern: str) -> AsyncIterator[list[bytes]]:
        """Names in batches, each once: all that are there from begin to end, and maybe some that are not."""
        batch: list[bytes] = []
        seen: set[bytes] = set()  # while its table grows, an engine may name a key twice; never far apart
        try:
            async for name in self._redis.scan_iter(match=pattern, count=_BATCH):
                if name in seen:
                    continue
                batch.append(name)
                seen.add(name)
                if len(batch) == _BATCH:
                    yield batch
                    batch = []
        except (RedisError, OSError) as error:
            raise _silent(error) from error
        if batch:
            yield batch

    async def dump(self, names: Sequence[bytes]) -> list[DumpedKey]:
        """The keys that are still there."""
        replies = await self._run([command for name in names for command in (("DUMP", name), ("PEXPIRETIME", name))])
        pairs = zip(names, replies[::2], replies[1::2], strict=True)
        return [DumpedKey(name, max(0, expires), value) for name, value, expires in pairs if value is not None]

    async def dump_timed(self, named: Sequence[tuple[bytes, str, str]]) -> list[tuple[DumpedKey, float | None]]:
        """The keys of (name, sorted set in its slot, member) that are still there, none of which expires, each with the
        member's score at that very moment."""
        replies = await self._run([("EVAL", _TIMED, 2, name, set_, member) for name, set_, member in named])
        found = zip(named, replies, strict=True)
        return [
            (DumpedKey(name, 0, value), None if score is None else float(score))
            for (name, _, _), (value, score) in found
            if value is not None
        ]

    async def dump_stream(self, name: str) -> tuple[DumpedKey | None, int]:
        """A stream, and how many entries it had at that moment."""
        return await self._dump_counted(name, "XLEN")

    async def dump_hash(self, name: str) -> tuple[DumpedKey | None, int]:
        """A hash, and how many fields it had at that moment."""
        return await self._dump_counted(name, "HLEN")

    async def scores(self, name: str) -> dict[bytes, float]:
        """The members of a sorted set."""
        (reply,) = await self._run([("ZRANGE", name, 0, -1, "WITHSCORES")])
        pairs = reply if reply and isinstance(reply[0], list | tuple) else zip(reply[::2], reply[1::2], strict=True)
        return {member: float(score) for member, score in pairs}

    async def add_scores(self, name: bytes, scores: Iterable[tuple[bytes, float]]) -> None:
        """Adds members to a sorted set."""
        parts: list[Any] = [part for member, score in scores for part in (f"{score:.0f}", member)]
        if parts:
            await self._run([("ZADD", name, *parts)])

    async def restore(self, dumped: Sequence[DumpedKey]) -> None:
        """Puts keys back; one that has expired meanwhile is left out."""
        await self._run([("RESTORE", key.name, key.expires_ms, key.value, "REPLACE", "ABSTTL") for key in dumped])

    async def empty(self) -> bool:
        """Whether the engine has no key of this server."""
        async for _ in self.names(EVERYTHING):
            return False
        return True

    async def meta(self) -> dict[str, str]:
        """What the store says of itself; empty without a store."""
        (reply,) = await self._run([("HGETALL", keys.META)])
        pairs = reply.items() if isinstance(reply, dict) else zip(reply[::2], reply[1::2], strict=True)
        return {name.decode(): value.decode() for name, value in pairs}

    async def engine(self) -> str:
        """The engine's name and version."""
        try:
            facts = await self._redis.info("server")
        except (RedisError, OSError) as error:
            raise _silent(error) from error
        if not isinstance(facts.get("redis_version"), str):  # of a cluster: one answer a server
            facts = next(iter(facts.values()))
        name = "valkey" if "valkey_version" in facts else "redis"
        return f"{name} {facts[name + '_version']}"

    async def counts(self, buckets: int) -> Counts:
        """What the store holds."""
        journal = await self._run([("XLEN", keys.journal(bucket)) for bucket in range(buckets)])
        dead = await self._run([("HLEN", keys.dead(bucket)) for bucket in range(buckets)])
        timers = await self._run([("ZCARD", keys.due(bucket)) for bucket in range(buckets)])
        return Counts(
            customers=await self._count(CUSTOMERS),
            requests=await self._count(REQUESTS),
            journal=sum(journal),
            dead=sum(dead),
            timers=sum(timers),
        )

    async def _dump_counted(self, name: str, length: str) -> tuple[DumpedKey | None, int]:
        (reply,) = await self._run([("EVAL", _COUNTED, 1, name, length)])
        value, entries = reply
        return (DumpedKey(name.encode(), 0, value) if value else None), int(entries)

    async def _count(self, pattern: str) -> int:
        return sum([len(batch) async for batch in self.names(pattern)])

    async def _run(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        try:
            pipeline = (
                self._redis.pipeline()
                if isinstance(self._redis, RedisCluster)
                else self._redis.pipeline(transaction=False)
            )
            for command in commands:
                pipeline.execute_command(*command)
            return list(await pipeline.execute())
        except ResponseError as error:
            raise StoreUnavailable(f"The store refused a command: {error}") from error
        except (RedisError, OSError) as error:
            raise _silent(error) from error


def _silent(error: Exception) -> StoreUnavailable:
    return StoreUnavailable("The store does not answer.", detail=f"{type(error).__name__}: {error}")
