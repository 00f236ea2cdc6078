"""The model registry: artifacts and the live pointer in the store, for servers, operators and the trainer.

Owns what may be promoted; loading and swapping is the watcher's work.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from nba_models import artifact
from nba_models.artifact import ArtifactInvalid, Manifest
from nba_server.adapters.rollout_record import FIELD, decode_rollout
from nba_server.application.ports import ModelInfo
from nba_server.domain.propensity import PRIOR_VERSION
from nba_server.domain.rollout import Rollout
from nba_server.errors import FailedPrecondition, NotFound


class Audited(Protocol):
    """A change of what serves."""

    @property
    def note(self) -> str:
        """Why."""


class ModelArtifacts(Protocol):
    """What the store keeps of models. An empty version is "none": the priors serve."""

    async def put(self, version: str, files: Mapping[str, bytes], meta: Mapping[str, str]) -> None:
        """Keeps an artifact."""

    async def get(self, version: str) -> dict[str, bytes] | None:
        """Its files, or None."""

    async def live(self) -> str:
        """The version that the fleet should serve."""

    async def previous(self) -> str:
        """The version that was live before."""

    async def set_live(self, version: str, *, note: str, fence: int | None = None) -> bool:
        """Moves the pointer; False when the fence is no longer the newest."""

    async def list(self) -> Sequence[Mapping[str, str]]:
        """The metas, each with `version`, newest first."""

    async def state(self) -> Mapping[str, str]:
        """What is kept beside the pointer, by field."""

    async def mark(self, field: str, value: str, *, expected: str, note: str = "", fence: int | None = None) -> bool:
        """Changes a field of the state from `expected`; False when it is something else by now."""

    async def audit(self, limit: int) -> Sequence[Audited]:
        """The last changes, newest first."""

    async def count(self, name: str, figures: Mapping[str, int]) -> None:
        """Adds to the counters of a name."""

    async def counted(self, name: str) -> Mapping[str, int]:
        """The counters of a name."""

    async def put_definition(self, hash_: str, payload: bytes) -> None:
        """Keeps a definition by its hash."""

    async def definition(self, hash_: str) -> bytes | None:
        """A definition, or None."""


class ModelRegistry:
    """The registry over the store's artifacts. `check` tries an artifact out and says why it cannot serve (the canary's)."""

    def __init__(
        self, artifacts: ModelArtifacts, check: Callable[[str, Mapping[str, bytes]], str] | None = None
    ) -> None:
        self._artifacts = artifacts
        self._check = check

    async def publish(self, version: str, files: Mapping[str, bytes], *, refused: str = "") -> None:
        """Keeps an artifact with what the list shows of it. `refused`: why its gates said no; it can be looked at."""
        manifest = artifact.verify(version, files)
        meta = {
            "version": version,
            "definition": manifest.model,
            "trained_ms": str(manifest.created_ms),
            "hash": artifact.sha256(files[artifact.MANIFEST]),
            "metrics": json.dumps(dict(manifest.metrics)),
            "refused": refused,
        }
        await self._artifacts.put(version, files, meta)

    async def list(self, serving: str = "", refused: Mapping[str, str] | None = None) -> list[ModelInfo]:
        """Models, newest first. `serving` and `refused` (by version) are what this process says of them."""
        live = await self._artifacts.live()
        rollout = decode_rollout((await self._artifacts.state()).get(FIELD, ""))
        found = []
        for meta in await self._artifacts.list():
            version = meta["version"]
            found.append(
                ModelInfo(
                    version=version,
                    definition=meta.get("definition", ""),
                    trained_ms=int(meta.get("trained_ms") or 0),
                    hash=meta.get("hash", ""),
                    live=version == live,
                    serving=version == serving,
                    metrics=json.loads(meta.get("metrics") or "{}"),
                    refused=(refused or {}).get(version, "") or meta.get("refused", ""),
                    rollout=_stage(rollout, live) if rollout is not None and rollout.challenger == version else "",
                )
            )
        return sorted(found, key=lambda model: (model.trained_ms, model.version), reverse=True)

    async def files(self, version: str) -> dict[str, bytes]:
        """The files of a version, unverified. Raises `NotFound`."""
        files = await self._artifacts.get(version)
        if files is None:
            raise NotFound(f"model {version!r} is not in the registry", reason="MODEL_NOT_FOUND")
        return files

    async def manifest(self, version: str) -> Manifest:
        """The verified manifest of a version. Raises `NotFound`, `FailedPrecondition` for a damaged one."""
        try:
            return artifact.verify(version, await self.files(version))
        except ArtifactInvalid as fault:
            raise FailedPrecondition(f"model {version} is damaged: {fault}", reason="MODEL_INVALID") from fault

    async def report(self, version: str) -> str:
        """The training report as JSON. Raises `NotFound`."""
        payload = (await self.files(version)).get(artifact.REPORT_JSON)
        return payload.decode() if payload is not None else "{}"

    async def promote(self, version: str, note: str, *, fence: int | None = None, force: bool = False) -> None:
        """Makes a model live (`prior`: none). Raises `NotFound`; `FailedPrecondition` for a damaged model, for one that
        its gates refused (unless `force`), and for a fence that is no longer the newest.
        """
        if version == PRIOR_VERSION:
            version = ""
        else:
            await self._sound(version)
            await self._not_refused(version, force=force)
        if not await self._artifacts.set_live(version, note=note, fence=fence):
            raise FailedPrecondition("a newer trainer has taken over; nothing was promoted", reason="STALE_FENCE")

    async def rollback(self, note: str) -> str:
        """Goes back to the model before (empty: the priors) and names it. Raises `FailedPrecondition` without a live one."""
        live = await self._artifacts.live()
        if not live:
            raise FailedPrecondition("no model is live; there is nothing to go back from", reason="NO_LIVE_MODEL")
        previous = await self._artifacts.previous()
        if previous:
            await self._sound(previous)
        await self._artifacts.set_live(previous, note=note or f"roll back from {live}")
        return previous

    async def _sound(self, version: str) -> None:
        await self.manifest(version)
        reason = await asyncio.to_thread(self._check, version, await self.files(version)) if self._check else ""
        if reason:
            raise FailedPrecondition(f"model {version} cannot serve: {reason}", reason="MODEL_INVALID")

    async def _not_refused(self, version: str, *, force: bool) -> None:
        if force:
            return
        for meta in await self._artifacts.list():
            if meta["version"] == version and meta.get("refused"):
                raise FailedPrecondition(
                    f"model {version} was refused by its gates: {meta['refused']}", reason="MODEL_REFUSED"
                )


def _stage(rollout: Rollout, live: str) -> str:
    if rollout.ended:
        return rollout.ended
    if rollout.champion != live:
        return "stopped: another model went live"
    return f"decides for {rollout.share:.0%} of the customers" if rollout.share else "in shadow"
