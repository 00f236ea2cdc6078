"""Puts compiled catalogues into the store and makes them live; keeps to a roll-back that an operator made."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Protocol

from nba_server.adapters.catalog.compiling import CompiledFolder
from nba_server.application.ports import SnapshotInfo
from nba_server.errors import NotFound

ROLLBACK_NOTE = "roll-back"


class _Change(Protocol):
    @property
    def live(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def note(self) -> str: ...


class Snapshots(Protocol):
    """What is needed of the store: immutable snapshots by hash, and which of them is live."""

    async def put(self, hash_: str, blob: bytes, meta: Mapping[str, str]) -> None:
        """Stores a snapshot; a second time changes nothing."""

    async def get(self, hash_: str) -> bytes | None:
        """The snapshot's bytes."""

    async def live(self) -> str:
        """Hash of the live one, or empty."""

    async def previous(self) -> str:
        """Hash of the one before, or empty."""

    async def set_live(self, hash_: str, *, note: str = "") -> None:
        """Makes a stored one live. Raises `NotFound`."""

    async def list(self) -> builtins.list[Mapping[str, str]]:
        """Notes of all, newest first."""

    async def audit(self, limit: int) -> Sequence[_Change]:
        """The last changes of what is live, newest first."""


async def publish(snapshots: Snapshots, compiled: CompiledFolder, note: str) -> bool:
    """Stores the snapshot and makes it live. False when it was live already. Raises `StoreUnavailable`."""
    catalog = compiled.catalog
    meta = {"catalog": catalog.name, "actions": str(len(catalog.actions))}
    await snapshots.put(compiled.hash, compiled.canonical, meta)
    if await snapshots.live() == compiled.hash:
        return False
    await snapshots.set_live(compiled.hash, note=note)
    return True


async def rolled_back_from(snapshots: Snapshots, hash_: str) -> bool:
    """Whether what is live now is an operator's roll-back away from this very catalogue: then a restart keeps to it."""
    changes = await snapshots.audit(1)
    return bool(changes) and changes[0].note == ROLLBACK_NOTE and changes[0].before == hash_


async def roll_back(snapshots: Snapshots, hash_: str) -> str:
    """Makes an older snapshot live (empty: the one before) and returns its hash. Raises `NotFound`."""
    target = hash_ or await snapshots.previous()
    if not target:
        raise NotFound("There is no earlier catalogue to roll back to.")
    target = await resolve(snapshots, target)
    if target != await snapshots.live():
        await snapshots.set_live(target, note=ROLLBACK_NOTE)
    return target


async def resolve(snapshots: Snapshots, prefix: str) -> str:
    """The full hash of a published snapshot by its first characters (at least 6). Raises `NotFound`."""
    found = [info.hash for info in await published(snapshots) if info.hash.startswith(prefix)]
    if len(found) == 1 and (len(prefix) >= 6):
        return found[0]
    why = "several snapshots begin so; give more characters" if len(found) > 1 else "`nba catalog list` shows all"
    raise NotFound(f"No catalogue snapshot `{prefix}` in this store ({why}).")


async def published(snapshots: Snapshots) -> list[SnapshotInfo]:
    """All published snapshots, newest first."""
    return [
        SnapshotInfo(
            hash=row["hash"],
            name=row["catalog"],
            actions=int(row["actions"]),
            published_ms=int(row["published_ms"]),
            live=row["live"] == "1",
        )
        for row in await snapshots.list()
    ]
