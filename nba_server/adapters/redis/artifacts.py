"""Model artifacts by version, their definitions by hash, and which model is live."""

from __future__ import annotations

import builtins
import zlib
from collections.abc import Mapping

from nba_server.adapters.redis import keys
from nba_server.adapters.redis.client import Command, StoreClient
from nba_server.adapters.redis.clock import StoreClock
from nba_server.adapters.redis.pointer import Pointer, PointerChange
from nba_server.errors import FailedPrecondition

TRAIN_LEASE = "train"
"""The lease whose fence number guards a promotion."""


class ArtifactStore:
    """Artifacts are immutable; whether their bytes are sound is for the reader to check against the manifest."""

    def __init__(self, client: StoreClient, clock: StoreClock) -> None:
        self._client = client
        self._clock = clock
        self._pointer = Pointer(client, keys.MODELS)

    async def put(self, version: str, files: Mapping[str, bytes], meta: Mapping[str, str]) -> None:
        """Stores a model's files; a file that is there already stays. It is not live yet."""
        published = str(await self._clock.now())
        commands: list[Command] = [
            ("HSETNX", self._files_key(version), name, zlib.compress(content)) for name, content in files.items()
        ]
        commands.append(self._pointer.listing(version, {"published_ms": published, **meta, "version": version}))
        await self._client.run(commands)

    async def get(self, version: str) -> dict[str, bytes] | None:
        """The model's files by name; None for an unknown version."""
        packed = await self._client.one(("HGETALL", self._files_key(version)))
        return {name.decode(): zlib.decompress(content) for name, content in packed.items()} or None

    async def live(self) -> str:
        """The live version; empty when none is."""
        return await self._pointer.live()

    async def previous(self) -> str:
        """The version that was live before; empty when there was none."""
        return await self._pointer.previous()

    async def set_live(self, version: str, *, note: str, fence: int | None = None, lease: str = TRAIN_LEASE) -> bool:
        """Makes a model live for the fleet, in one step with the check of the lease when `fence` is given.

        False when the lease is lost or taken over. Raises `NotFound`.
        """
        return await self._pointer.set_live(version, note, fence, lease)

    async def list(self) -> builtins.list[Mapping[str, str]]:
        """Published models, newest first: their notes with `version`, `published_ms` and `live` (`1` or `0`)."""
        return await self._pointer.versions()

    async def audit(self, limit: int) -> builtins.list[PointerChange]:
        """The last changes of what is live, newest first."""
        return await self._pointer.audit(limit)

    async def state(self) -> Mapping[str, str]:
        """What is kept beside the pointer, by field: the rollout, and when a challenger was last judged."""
        return await self._pointer.state()

    async def mark(
        self,
        field: str,
        value: str,
        *,
        expected: str,
        note: str = "",
        fence: int | None = None,
        lease: str = TRAIN_LEASE,
    ) -> bool:
        """Changes a field of the state from `expected`, with a note in the audit. False when it is something else by now.

        Raises `FailedPrecondition` when the lease with `fence` is lost.
        """
        done = await self._pointer.mark(field, value, expected, fence, lease, note)
        if done < 0:
            raise FailedPrecondition("a newer trainer has taken over; nothing was changed", reason="STALE_FENCE")
        return done == 1

    async def count(self, name: str, figures: Mapping[str, int]) -> None:
        """Adds to the counters of a name."""
        key = self._pointer.key(f"n:{name}")
        await self._client.run([("HINCRBY", key, figure, by) for figure, by in figures.items()])

    async def counted(self, name: str) -> Mapping[str, int]:
        """The counters of a name."""
        found = await self._client.one(("HGETALL", self._pointer.key(f"n:{name}")))
        return {figure.decode(): int(value) for figure, value in found.items()}

    async def put_definition(self, hash_: str, content: bytes) -> None:
        """Stores a model definition by its hash; a second time changes nothing."""
        await self._client.one(("SETNX", self._pointer.key(f"d:{hash_}"), content))

    async def definition(self, hash_: str) -> bytes | None:
        """The definition; None when it is unknown."""
        content: bytes | None = await self._client.one(("GET", self._pointer.key(f"d:{hash_}")))
        return content

    def _files_key(self, version: str) -> str:
        return self._pointer.key(f"a:{version}")
