"""Catalogue snapshots by hash, immutable, and which of them is live."""

from __future__ import annotations

import builtins
from collections.abc import Mapping

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.clock import StoreClock
from nba_server.adapters.redis.pointer import Pointer, PointerChange


class SnapshotStore:
    """Snapshots are kept for ever: a decision is recomputed on the one that its entry names."""

    def __init__(self, client: StoreClient, clock: StoreClock) -> None:
        self._client = client
        self._clock = clock
        self._pointer = Pointer(client, keys.CATALOG)

    async def put(self, hash_: str, blob: bytes, meta: Mapping[str, str]) -> None:
        """Stores a snapshot; a second time changes nothing. It is not live yet."""
        published = str(await self._clock.now())
        await self._client.run(
            [
                ("SETNX", self._pointer.key(f"s:{hash_}"), blob),
                self._pointer.listing(hash_, {"published_ms": published, **meta, "hash": hash_}),
            ]
        )

    async def get(self, hash_: str) -> bytes | None:
        """The snapshot's bytes."""
        blob: bytes | None = await self._client.one(("GET", self._pointer.key(f"s:{hash_}")))
        return blob

    async def live(self) -> str:
        """Hash of the live snapshot; empty when none is."""
        return await self._pointer.live()

    async def previous(self) -> str:
        """Hash of the one that was live before; empty when there was none."""
        return await self._pointer.previous()

    async def set_live(self, hash_: str, *, note: str = "") -> None:
        """Makes a snapshot live for the fleet. Raises `NotFound`."""
        await self._pointer.set_live(hash_, note, None, "")

    async def list(self) -> builtins.list[Mapping[str, str]]:
        """Published snapshots, newest first: their notes with `hash`, `published_ms` and `live` (`1` or `0`)."""
        return await self._pointer.versions()

    async def audit(self, limit: int) -> builtins.list[PointerChange]:
        """The last changes of what is live, newest first."""
        return await self._pointer.audit(limit)
