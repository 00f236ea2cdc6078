"""Follows the catalogue: publishes a changed folder, follows the store's pointer, swaps one reference.

The port `CatalogProvider`. Compiling happens in a thread; a broken change is refused and the old catalogue keeps serving.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from pathlib import Path

from nba_server.adapters.catalog.compiling import CompiledFolder, compile_snapshot
from nba_server.adapters.catalog.folder_watch import FolderWatch
from nba_server.adapters.catalog.publishing import Snapshots, publish, published, roll_back, rolled_back_from
from nba_server.application.ports import SnapshotInfo
from nba_server.domain.catalog import Catalog
from nba_server.errors import CatalogInvalid, FailedPrecondition, NbaError
from nba_server.tasks import ended

_LOG = logging.getLogger(__name__)
_KEPT = 8
"""Compiled snapshots kept for explaining old decisions and for rolling back."""


class CatalogWatcher:
    """The catalogue of this process. `start()` before use, `stop()` at the end.

    With a `folder`, its changes are compiled and published for the fleet; without, only the store's pointer is followed.
    `poll_s`: how often folder and pointer are looked at.
    """

    def __init__(self, snapshots: Snapshots, folder: Path | None = None, *, poll_s: float = 0.25) -> None:
        self._snapshots = snapshots
        self._watch = FolderWatch(folder) if folder is not None else None
        self._poll_s = poll_s
        self._live: Catalog | None = None
        self._live_since_ms = 0
        self._unpublished: CompiledFolder | None = None
        self._pointer_refusal = ""
        self._refused_pointer = ""
        self._compiled: OrderedDict[str, Catalog] = OrderedDict()
        self._turn = asyncio.Lock()
        self._swapped = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Publishes the folder, loads what is live, and follows both from then on.

        Raises `CatalogInvalid` for a broken folder and `FailedPrecondition` without any catalogue, but only when the
        store has no live snapshot to serve from; else the fault is in `refused`. Raises `StoreUnavailable`.
        """
        async with self._turn:
            fault = await self._first_look()
            await self._follow_pointer()
        if self._live is None:
            raise fault or self._nothing_to_serve()
        self._task = asyncio.create_task(self._follow(), name="catalog-watcher")

    async def stop(self) -> None:
        """Stops following; the live catalogue stays usable."""
        task, self._task = self._task, None
        await ended(task)

    @property
    def live(self) -> Catalog:
        """The snapshot that serves now; read it once per request."""
        if self._live is None:
            raise FailedPrecondition("The catalogue is not loaded yet.")
        return self._live

    @property
    def live_since_ms(self) -> int:
        """When it went live in this process (wall clock, for ages only)."""
        return self._live_since_ms

    @property
    def refused(self) -> str:
        """Why the newest change was refused; empty when it was not."""
        return (self._watch.refused if self._watch else "") or self._pointer_refusal

    async def snapshot(self, hash_: str) -> Catalog | None:
        """An older snapshot, compiled; None when the store does not have it. Raises `CatalogInvalid`."""
        known = self._compiled.get(hash_)
        if known is not None:
            self._compiled.move_to_end(hash_)
            return known
        blob = await self._snapshots.get(hash_)
        if blob is None:
            return None
        catalog = await asyncio.to_thread(compile_snapshot, blob)
        self._keep(catalog)
        return catalog

    async def reload(self) -> bool:
        """Looks for a change now; True when the live snapshot changed. A change that is refused changes nothing."""
        async with self._turn:
            before = self.live.hash
            await self._look_at_folder(settled=True)
            await self._follow_pointer()
            return self.live.hash != before

    async def list(self) -> list[SnapshotInfo]:
        """Snapshots of the store, newest first."""
        return await published(self._snapshots)

    async def rollback(self, hash_: str) -> None:
        """Makes an older snapshot live for the fleet (empty: the one before). Raises `NotFound`."""
        async with self._turn:
            await roll_back(self._snapshots, hash_)
            await self._follow_pointer()

    async def serving(self, hash_: str) -> None:
        """Waits until this snapshot serves here."""
        async with self._swapped:
            await self._swapped.wait_for(lambda: self._live is not None and self._live.hash == hash_)

    async def _first_look(self) -> CatalogInvalid | None:
        if self._watch is None:
            return None
        compiled = await self._watch.first()
        if compiled is None:
            return self._watch.fault
        self._keep(compiled.catalog)
        if await rolled_back_from(self._snapshots, compiled.hash):
            _LOG.warning("the catalogue of the folder was rolled back and stays so", extra={"catalog": compiled.hash})
        else:
            await publish(self._snapshots, compiled, "folder")
        return None

    async def _look_at_folder(self, *, settled: bool = False) -> None:
        if self._watch is None:
            return
        self._unpublished = await self._watch.changed(settled=settled) or self._unpublished
        if self._unpublished is not None:
            self._keep(self._unpublished.catalog)
            await publish(self._snapshots, self._unpublished, "folder")
            self._unpublished = None

    async def _follow_pointer(self) -> None:
        hash_ = await self._snapshots.live()
        if not hash_ or (self._live is not None and self._live.hash == hash_):
            self._pointer_refusal = self._refused_pointer = ""
            return
        if hash_ == self._refused_pointer:
            return
        try:
            catalog = await self.snapshot(hash_)
        except CatalogInvalid as fault:
            self._refused_pointer, self._pointer_refusal = hash_, fault.message
            _LOG.error("catalogue snapshot refused, the old one keeps serving", extra={"why": fault.message})
            return
        if catalog is not None:
            await self._swap(catalog)

    async def _swap(self, catalog: Catalog) -> None:
        async with self._swapped:
            self._live, self._live_since_ms = catalog, time.time_ns() // 1_000_000
            self._pointer_refusal = self._refused_pointer = ""
            self._swapped.notify_all()
        _LOG.info("catalogue swapped", extra={"catalog": catalog.hash, "actions": len(catalog.actions)})

    def _keep(self, catalog: Catalog) -> None:
        self._compiled[catalog.hash] = catalog
        self._compiled.move_to_end(catalog.hash)
        while len(self._compiled) > _KEPT:
            self._compiled.popitem(last=False)

    def _nothing_to_serve(self) -> NbaError:
        if self._pointer_refusal:
            return CatalogInvalid([self._pointer_refusal])
        return FailedPrecondition(
            "No catalogue yet: start with `--catalog FOLDER`. Into a store that runs by itself, `nba catalog publish FOLDER"
            " --store URL` puts one for all its servers.",
            reason="NO_CATALOG",
        )

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self._poll_s)
            try:
                async with self._turn:
                    await self._look_at_folder()
                    await self._follow_pointer()
            except NbaError as fault:
                _LOG.warning("the catalogue's pointer cannot be read", extra={"why": fault.message})
            except Exception:
                _LOG.exception("looking for a new catalogue failed; the old one keeps serving")
