"""Watches a catalogue folder: compiles it when it has changed and come to rest, remembers why a change was refused."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from nba_server.adapters.catalog.compiling import CompiledFolder, FolderCompiler
from nba_server.adapters.catalog.folder import Signature, signature
from nba_server.errors import CatalogInvalid

_LOG = logging.getLogger(__name__)


class FolderWatch:
    """One folder. `fault` is why its present content was refused, None when it was not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.fault: CatalogInvalid | None = None
        self._compiler = FolderCompiler()
        self._done: Signature | None = None
        self._moving: Signature | None = None

    @property
    def refused(self) -> str:
        """The faults in one text; empty when there are none."""
        if self.fault is None:
            return ""
        shown = self.fault.faults[:20]
        more = len(self.fault.faults) - len(shown)
        return "\n".join((*shown, *([f"… and {more} more"] if more else [])))

    async def first(self) -> CompiledFolder | None:
        """The folder as it is now; None when it is broken (see `fault`)."""
        self._done = await asyncio.to_thread(signature, self.folder)
        return await self._compile()

    async def changed(self, *, settled: bool) -> CompiledFolder | None:
        """The folder if it has changed since the last look and is sound, else None.

        A change counts when two looks in a row find the same, so that a file being written is not read half; `settled`
        skips that.
        """
        seen = await asyncio.to_thread(signature, self.folder)
        if seen == self._done:
            self._moving = None
            return None
        if not settled and seen != self._moving:
            self._moving = seen
            return None
        self._done, self._moving = seen, None
        return await self._compile()

    async def _compile(self) -> CompiledFolder | None:
        try:
            compiled = await asyncio.to_thread(self._compiler.compile_folder, self.folder)
        except CatalogInvalid as fault:
            self.fault = fault
            _LOG.error("the changed catalogue is refused, the old one keeps serving", extra={"why": self.refused})
            return None
        self.fault = None
        return compiled
