"""Models."""

from __future__ import annotations

from nba_server.application.ports import ModelInfo
from nba_server.pb import model_pb2
from nba_server.transport.grpc.codec.values import timestamp


def to_model_version(info: ModelInfo) -> model_pb2.ModelVersion:
    """A model as a message."""
    return model_pb2.ModelVersion(
        version=info.version,
        definition=info.definition,
        trained_at=timestamp(info.trained_ms),
        hash=info.hash,
        live=info.live,
        serving=info.serving,
        metrics=info.metrics,
        refused=info.refused,
        rollout=info.rollout,
    )
