"""What journal entries name by hash, looked up in the store: catalogue snapshots and the layouts of logged features.

The join runs in a thread; each look-up is one round trip on the store's event loop, then remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from nba_models import definition_file
from nba_models.definition import ModelDefinition
from nba_models.definition_file import DefinitionInvalid
from nba_models.features import FeatureLayout
from nba_server.adapters.catalog.compiling import compile_snapshot
from nba_server.domain.catalog import Catalog

_Found = TypeVar("_Found")


class Snapshots(Protocol):
    """The store's catalogue snapshots."""

    async def get(self, hash_: str) -> bytes | None:
        """A snapshot's bytes."""

    async def live(self) -> str:
        """The hash of the live one; empty when there is none."""


class Definitions(Protocol):
    """The store's model definitions."""

    async def definition(self, hash_: str) -> bytes | None:
        """A definition, or None."""


class StoreReferences:
    """Look-ups from a thread other than the loop's. `known` are definitions that need no look-up."""

    def __init__(
        self,
        snapshots: Snapshots,
        definitions: Definitions,
        loop: asyncio.AbstractEventLoop,
        *known: ModelDefinition,
    ) -> None:
        self._snapshots = snapshots
        self._definitions = definitions
        self._loop = loop
        self._catalogs: dict[str, Catalog | None] = {}
        self._layouts: dict[str, FeatureLayout | None] = {item.hash: FeatureLayout(item) for item in known}

    def catalog(self, hash_: str) -> Catalog | None:
        """A catalogue snapshot (empty: the live one), or None when it is not known."""
        if hash_ not in self._catalogs:
            found = self._wait(self._snapshot(hash_))
            self._catalogs[hash_] = compile_snapshot(found) if found is not None else None
        return self._catalogs[hash_]

    def layout(self, hash_: str) -> FeatureLayout | None:
        """The layout of the features that were logged by a model definition, or None."""
        if hash_ not in self._layouts:
            found = self._wait(self._definitions.definition(hash_)) if hash_ else None
            self._layouts[hash_] = _layout(found)
        return self._layouts[hash_]

    async def _snapshot(self, hash_: str) -> bytes | None:
        return await self._snapshots.get(hash_ or await self._snapshots.live())

    def _wait(self, question: Coroutine[Any, Any, _Found]) -> _Found:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result()


def _layout(payload: bytes | None) -> FeatureLayout | None:
    if payload is None:
        return None
    try:
        return FeatureLayout(definition_file.parse(payload.decode()))
    except DefinitionInvalid:
        return None
