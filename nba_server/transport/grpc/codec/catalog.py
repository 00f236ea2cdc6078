"""Catalogue snapshots."""

from __future__ import annotations

from nba_server.application.ports import SnapshotInfo
from nba_server.pb import catalog_pb2
from nba_server.transport.grpc.codec.values import timestamp


def to_catalog_version(info: SnapshotInfo) -> catalog_pb2.CatalogVersion:
    """A snapshot as a message."""
    return catalog_pb2.CatalogVersion(
        hash=info.hash,
        name=info.name,
        actions=info.actions,
        published_at=timestamp(info.published_ms),
        live=info.live,
    )
