"""The same commands on a cluster: every command has keys of one slot, so each goes to that slot's server.

Routes by slot map, which is read again when a server is lost or a slot has moved for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis import exceptions
from redis.asyncio import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from nba_server.adapters.redis.client import Command, Script, StoreClient
from nba_server.adapters.redis.settings import StoreSettings

SCHEMES = {"redis+cluster://": "redis://", "rediss+cluster://": "rediss://"}

_LOST = (exceptions.ConnectionError, exceptions.ClusterDownError)
_SILENT = (*_LOST, exceptions.TimeoutError)


class ClusterClient(StoreClient):
    """redis-py sends a pipeline in parallel to the servers it concerns and follows moved slots by itself."""

    def __init__(self, redis: RedisCluster, scripts: Sequence[Script], retries: int) -> None:
        super().__init__(redis, scripts)
        self._cluster = redis
        self._retries = retries

    @classmethod
    def connect(cls, url: str, settings: StoreSettings, scripts: Sequence[Script]) -> ClusterClient:
        """`redis+cluster://host:port` of any server of the cluster, or `rediss+cluster://`. Nothing is sent yet."""
        scheme, _, rest = url.partition("://")
        redis = RedisCluster.from_url(
            SCHEMES[f"{scheme}://"] + rest,
            max_connections=settings.connections,
            socket_connect_timeout=settings.connect_timeout_s,
            socket_timeout=settings.read_timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        return cls(redis, scripts, settings.retries)

    def groups(self, buckets: int) -> list[range]:
        """Each bucket has a slot of its own."""
        return [range(bucket, bucket + 1) for bucket in range(buckets)]

    async def facts(self) -> list[dict[str, Any]]:
        """INFO of every primary."""
        return await self._raising(self._info())

    async def _execute(self, commands: Sequence[Command]) -> list[Any]:
        """A reply that a lost server owes is asked for again, after the slot map was read again."""
        replies = await self._pipeline(commands)
        for _ in range(self._retries):
            lost = [i for i, reply in enumerate(replies) if isinstance(reply, _LOST)]
            if not lost:
                break
            await self._read_slots()
            again = await self._pipeline([commands[i] for i in lost])
            for i, reply in zip(lost, again, strict=True):
                replies[i] = reply
        if any(isinstance(reply, _SILENT) for reply in replies):  # not asked again: the wait is over
            await self._read_slots()
        return replies

    async def _pipeline(self, commands: Sequence[Command]) -> list[Any]:
        pipeline = self._cluster.pipeline()
        for command in commands:
            pipeline.execute_command(*command)
        return list(await pipeline.execute(raise_on_error=False))

    async def _read_slots(self) -> None:
        """Asks another server first; while none answers the old map stays."""
        try:
            await self._cluster.nodes_manager.initialize()
        except (exceptions.RedisError, OSError):
            return

    async def _info(self) -> list[dict[str, Any]]:
        await self._cluster.initialize()
        primaries = self._cluster.get_primaries()
        return [await self._cluster.execute_command("INFO", "everything", target_nodes=node) for node in primaries]
