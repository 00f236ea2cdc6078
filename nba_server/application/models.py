"""What the operators of models do: list, look at one, promote, roll back.

The registry's adapter does the work; this names the calls and their answers.
"""

from __future__ import annotations

from nba_server.application.faults import Faults, did_you_mean, shown
from nba_server.application.ports import ModelInfo, ModelProvider
from nba_server.errors import NotFound


class Models:
    """Operators' view of the model registry."""

    def __init__(self, *, models: ModelProvider) -> None:
        self._models = models

    async def list(self) -> list[ModelInfo]:
        """Models of the registry, newest first."""
        return await self._models.list()

    async def get(self, version: str) -> tuple[ModelInfo, str]:
        """A model (empty: the live one) and its training report as JSON. Raises `NotFound`."""
        models = await self._models.list()
        for model in models:
            if model.version == version or (not version and model.live):
                return model, await self._models.report(model.version)
        if not version:
            raise NotFound("no model is live; the priors serve", reason="MODEL_NOT_FOUND")
        hint = did_you_mean(version, [model.version for model in models])
        raise NotFound(f"model {shown(version)} is unknown{hint}", reason="MODEL_NOT_FOUND")

    async def promote(self, version: str, note: str) -> ModelInfo | None:
        """Makes a model live for the fleet and returns the live one. Raises `NotFound`, `FailedPrecondition`."""
        faults = Faults()
        faults.identifier("version", version)
        faults.raise_any()
        await self._models.promote(version, note)
        return await self._live()

    async def rollback(self, note: str) -> ModelInfo | None:
        """Goes back to the model before; None when the priors serve again. Raises `FailedPrecondition`."""
        await self._models.rollback(note)
        return await self._live()

    async def _live(self) -> ModelInfo | None:
        return next((model for model in await self._models.list() if model.live), None)
