"""Two ways to the model registry for `nba models`: the store itself, or a server's ModelService. Same calls, same records."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from nba_server.commands.attachment import chosen, open_store
from nba_server.commands.connection import Server
from nba_server.errors import FailedPrecondition, NotFound

if TYPE_CHECKING:
    from nba_client import ModelVersion
    from nba_server.adapters.model_registry import ModelRegistry
    from nba_server.adapters.redis.pointer import PointerChange
    from nba_server.application.ports import ModelInfo

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Shown:
    """A model with its report; `page` is empty where only a server was asked."""

    model: ModelInfo
    report: Mapping[str, Any]
    page: bytes


class Models(Protocol):
    """The registry, for the command line."""

    def list(self) -> list[ModelInfo]:
        """Newest first."""

    def show(self, version: str) -> Shown:
        """One model, empty: the live one. Raises `NotFound`."""

    def promote(self, version: str, note: str, *, force: bool) -> None:
        """Makes it live for the fleet."""

    def rollback(self, note: str) -> str:
        """Goes back, and names what is live then; empty: the priors."""

    def audit(self, limit: int) -> Sequence[PointerChange]:
        """The last changes, newest first."""


class StoreModels:
    """The registry of a store; no server is needed."""

    def __init__(self, data: str | None, store: str | None) -> None:
        self._settings = chosen(data, store, None)

    def list(self) -> list[ModelInfo]:
        """Newest first."""
        return self._on(lambda registry: registry.list())

    def show(self, version: str) -> Shown:
        """One model, empty: the live one. Raises `NotFound`."""
        import json

        from nba_models import artifact

        model, files = self._on(lambda registry: _one(registry, version))
        report = json.loads(files.get(artifact.REPORT_JSON, b"{}"))
        return Shown(model, report, files.get(artifact.REPORT_HTML, b""))

    def promote(self, version: str, note: str, *, force: bool) -> None:
        """Makes it live for the fleet."""
        self._on(lambda registry: registry.promote(version, note, force=force))

    def rollback(self, note: str) -> str:
        """Goes back, and names what is live then."""
        return self._on(lambda registry: registry.rollback(note))

    def audit(self, limit: int) -> Sequence[PointerChange]:
        """The last changes, newest first."""

        async def read() -> Sequence[PointerChange]:
            opened = await open_store(self._settings)
            try:
                return await opened.artifacts.audit(limit)
            finally:
                await opened.close()

        return asyncio.run(read())

    def _on(self, work: Callable[[ModelRegistry], Awaitable[_Result]]) -> _Result:
        from nba_models.canary import Canary
        from nba_server.adapters.model_registry import ModelRegistry

        async def run() -> _Result:
            opened = await open_store(self._settings)
            try:
                with Canary() as canary:
                    return await work(ModelRegistry(opened.artifacts, check=canary.check))
            finally:
                await opened.close()

        return asyncio.run(run())


class ServerModels:
    """The registry as a server tells it: also which model it serves, and which one it refused itself."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def list(self) -> list[ModelInfo]:
        """Newest first."""
        with self._server.client() as client:
            return [_info(model) for model in client.models.versions()]

    def show(self, version: str) -> Shown:
        """One model, empty: the live one. Raises `NotFound`."""
        with self._server.client() as client:
            found = client.models.get(version)
        return Shown(_info(found.model), found.report, b"")

    def promote(self, version: str, note: str, *, force: bool) -> None:
        """Makes it live for the fleet."""
        if force:
            raise FailedPrecondition("--force works on the store only; leave out --address", reason="NEEDS_STORE")
        with self._server.client() as client:
            client.models.promote(version, note)

    def rollback(self, note: str) -> str:
        """Goes back, and names what is live then."""
        with self._server.client() as client:
            live = client.models.rollback(note)
        return live.version if live is not None else ""

    def audit(self, limit: int) -> Sequence[PointerChange]:
        """Only the store has it."""
        raise FailedPrecondition("the audit is read from the store; leave out --address", reason="NEEDS_STORE")


async def _one(registry: ModelRegistry, version: str) -> tuple[ModelInfo, dict[str, bytes]]:
    for model in await registry.list():
        if model.version == version or (not version and model.live):
            return model, await registry.files(model.version)
    text = (
        f"model {version!r} is not in the registry; `nba models list` shows what is" if version else "no model is live"
    )
    raise NotFound(text, reason="MODEL_NOT_FOUND")


def _info(model: ModelVersion) -> ModelInfo:
    from nba_server.application.ports import ModelInfo

    return ModelInfo(
        version=model.version,
        definition=model.definition,
        trained_ms=round(model.trained_at.timestamp() * 1000) if model.trained_at is not None else 0,
        hash=model.hash,
        live=model.live,
        serving=model.serving,
        metrics=model.metrics,
        refused=model.refused,
        rollout=model.rollout,
    )
