"""What the operators of a catalogue do: see what is live, reload, list, roll back.

The catalogue's adapter does the work; this names the calls and their answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from nba_server.application.ports import CapReader, CatalogProvider, SnapshotInfo
from nba_server.domain.cap import CapUse
from nba_server.domain.catalog import Catalog
from nba_server.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class LiveCatalog:
    """The live snapshot of this process, seconds since it went live, and why the newest change was refused (or empty)."""

    snapshot: SnapshotInfo
    age_s: float
    refused: str


class Catalogs:
    """`wall_ms` is this machine's clock: ages are told by it and nothing is decided by it."""

    def __init__(self, *, catalogs: CatalogProvider, caps: CapReader, wall_ms: Callable[[], int]) -> None:
        self._catalogs = catalogs
        self._caps = caps
        self._wall_ms = wall_ms

    async def get(self) -> LiveCatalog:
        """What serves now."""
        live = self._catalogs.live
        age_ms = max(0, self._wall_ms() - self._catalogs.live_since_ms)
        return LiveCatalog(await self._published(live), age_ms / 1000, self._catalogs.refused)

    def described(self) -> Catalog:
        """The catalogue that serves, to be put into words."""
        return self._catalogs.live

    async def caps(self) -> tuple[Catalog, int, tuple[CapUse, ...]]:
        """What serves, the store's time, and how far each cap of it is used. Raises `StoreUnavailable`."""
        live = self._catalogs.live
        now_ms, uses = await self._caps.uses(live.caps, live.plan.zone)
        return live, now_ms, uses

    async def reload(self) -> tuple[LiveCatalog, bool]:
        """Looks for a change now. Returns what serves after it and whether that changed."""
        changed = await self._catalogs.reload()
        return await self.get(), changed

    async def list(self) -> list[SnapshotInfo]:
        """Snapshots of the store, newest first."""
        return await self._catalogs.list()

    async def rollback(self, hash_: str) -> LiveCatalog:
        """Makes an older snapshot live for the fleet (empty: the one before). Raises `NotFound`."""
        await self._catalogs.rollback(hash_)
        await self._catalogs.reload()
        return await self.get()

    async def _published(self, live: Catalog) -> SnapshotInfo:
        with contextlib.suppress(StoreUnavailable):  # what serves can be told without the store
            for info in await self._catalogs.list():
                if info.hash == live.hash:
                    return info
        return SnapshotInfo(live.hash, live.name, len(live.actions), 0, True)
