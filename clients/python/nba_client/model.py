"""The models that score, and their registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call
from nba_client.pb import model_pb2
from nba_client.value import optional_moment


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A model: `live` in the fleet, `serving` in the answering process, or `refused` with the reason.

    `rollout` says how far it is on its way to all customers, or why it was taken back.
    """

    version: str
    definition: str
    trained_at: datetime | None
    hash: str
    live: bool
    serving: bool
    metrics: Mapping[str, float]
    refused: str
    rollout: str = ""


@dataclass(frozen=True, slots=True)
class ModelReport:
    """A model with its training report."""

    model: ModelVersion
    report: Mapping[str, Any]


def list_call() -> Call[list[ModelVersion]]:
    """The call of `ListModels`."""
    request, answer = model_pb2.ListModelsRequest(), model_pb2.ListModelsResponse
    return Call("ModelService", "ListModels", request, answer, _versions, "read")


def get_call(version: str) -> Call[ModelReport]:
    """The call of `GetModel`."""
    request = model_pb2.GetModelRequest(version=version)
    return Call("ModelService", "GetModel", request, model_pb2.GetModelResponse, _report, "read")


def promote_call(version: str, note: str) -> Call[ModelVersion]:
    """The call of `PromoteModel`."""
    request = model_pb2.PromoteModelRequest(version=version, note=note)
    answer = model_pb2.PromoteModelResponse
    return Call("ModelService", "PromoteModel", request, answer, lambda message: _version(message.live), "admin")


def rollback_call(note: str) -> Call[ModelVersion | None]:
    """The call of `RollbackModel`."""
    request = model_pb2.RollbackModelRequest(note=note)
    return Call("ModelService", "RollbackModel", request, model_pb2.RollbackModelResponse, _optional, "admin")


def _versions(message: Any) -> list[ModelVersion]:
    return [_version(item) for item in message.models]


def _report(message: Any) -> ModelReport:
    return ModelReport(_version(message.model), json.loads(message.report_json or "{}"))


def _optional(message: Any) -> ModelVersion | None:
    return _version(message.live) if message.HasField("live") else None


def _version(message: Any) -> ModelVersion:
    return ModelVersion(
        version=message.version,
        definition=message.definition,
        trained_at=optional_moment(message, "trained_at"),
        hash=message.hash,
        live=message.live,
        serving=message.serving,
        metrics={name: message.metrics[name] for name in sorted(message.metrics)},
        refused=message.refused,
        rollout=message.rollout,
    )
