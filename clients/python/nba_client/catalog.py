"""The catalogue that serves, and its older snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call
from nba_client.pb import catalog_pb2
from nba_client.value import optional_moment


@dataclass(frozen=True, slots=True)
class CatalogVersion:
    """A snapshot; `hash` is the SHA-256 of its canonical form."""

    hash: str
    name: str
    actions: int
    published_at: datetime | None
    live: bool


@dataclass(frozen=True, slots=True)
class LiveCatalog:
    """What serves, for how long in that process, and why the newest change was refused (empty: it was not)."""

    live: CatalogVersion
    age_seconds: float
    refused: str


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What is live after a look for a change."""

    live: CatalogVersion
    changed: bool


def get_call() -> Call[LiveCatalog]:
    """The call of `GetCatalog`."""
    request, answer = catalog_pb2.GetCatalogRequest(), catalog_pb2.GetCatalogResponse
    return Call("CatalogService", "GetCatalog", request, answer, _live, "read")


def reload_call() -> Call[Reloaded]:
    """The call of `ReloadCatalog`."""
    request, answer = catalog_pb2.ReloadCatalogRequest(), catalog_pb2.ReloadCatalogResponse
    return Call("CatalogService", "ReloadCatalog", request, answer, _reloaded, "admin")


def list_call() -> Call[list[CatalogVersion]]:
    """The call of `ListCatalogs`."""
    request, answer = catalog_pb2.ListCatalogsRequest(), catalog_pb2.ListCatalogsResponse
    return Call("CatalogService", "ListCatalogs", request, answer, _versions, "read")


def rollback_call(hash_: str) -> Call[CatalogVersion]:
    """The call of `RollbackCatalog`."""
    request = catalog_pb2.RollbackCatalogRequest(hash=hash_)
    answer = catalog_pb2.RollbackCatalogResponse
    return Call("CatalogService", "RollbackCatalog", request, answer, lambda message: _version(message.live), "admin")


def _live(message: Any) -> LiveCatalog:
    return LiveCatalog(_version(message.live), message.age_seconds, message.refused)


def _reloaded(message: Any) -> Reloaded:
    return Reloaded(_version(message.live), message.changed)


def _versions(message: Any) -> list[CatalogVersion]:
    return [_version(item) for item in message.catalogs]


def _version(message: Any) -> CatalogVersion:
    published = optional_moment(message, "published_at")
    return CatalogVersion(message.hash, message.name, message.actions, published, message.live)
