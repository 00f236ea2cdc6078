"""ModelService."""

from __future__ import annotations

from nba_server.application.models import Models
from nba_server.pb import model_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.model import to_model_version


class ModelServicer:
    """Tells and changes which model scores."""

    def __init__(self, models: Models) -> None:
        self._models = models

    async def list_models(self, request: model_pb2.ListModelsRequest, call: Call) -> model_pb2.ListModelsResponse:
        """Models of the registry."""
        models = await self._models.list()
        return model_pb2.ListModelsResponse(models=[to_model_version(info) for info in models])

    async def get_model(self, request: model_pb2.GetModelRequest, call: Call) -> model_pb2.GetModelResponse:
        """One model with its report."""
        info, report = await self._models.get(request.version)
        return model_pb2.GetModelResponse(model=to_model_version(info), report_json=report)

    async def promote_model(self, request: model_pb2.PromoteModelRequest, call: Call) -> model_pb2.PromoteModelResponse:
        """Makes a model live."""
        live = await self._models.promote(request.version, _signed(request.note, call))
        return model_pb2.PromoteModelResponse(live=to_model_version(live) if live else None)

    async def rollback_model(
        self, request: model_pb2.RollbackModelRequest, call: Call
    ) -> model_pb2.RollbackModelResponse:
        """Goes back to the model before."""
        live = await self._models.rollback(_signed(request.note, call))
        return model_pb2.RollbackModelResponse(live=to_model_version(live) if live else None)


def _signed(note: str, call: Call) -> str:
    """The note of the audit log with the key that wrote it."""
    return f"{note} (by {call.caller.name})".strip()
