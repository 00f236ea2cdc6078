"""The providers of catalogue and model, as protocols: what serves now in this process, and what served before.

Part of the ports; import them from `ports`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from nba_server.domain.catalog import Catalog
from nba_server.domain.contribution import ScoreAccount
from nba_server.domain.propensity import FeatureColumns, Scorer
from nba_server.domain.rollout import Assignment
from nba_server.domain.trace import FeatureNames


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A published catalogue snapshot."""

    hash: str
    name: str
    actions: int
    published_ms: int
    live: bool


class CatalogProvider(Protocol):
    """The live catalogue of this process and older snapshots."""

    @property
    def live(self) -> Catalog:
        """The snapshot that serves now; read it once per request."""

    @property
    def live_since_ms(self) -> int:
        """When it went live in this process (wall clock, for ages only)."""

    @property
    def refused(self) -> str:
        """Why the newest change was refused; empty when it was not."""

    async def snapshot(self, hash_: str) -> Catalog | None:
        """An older snapshot, compiled."""

    async def reload(self) -> bool:
        """Looks for a change now; True when the live snapshot changed."""

    async def list(self) -> list[SnapshotInfo]:
        """Snapshots of the store, newest first."""

    async def rollback(self, hash_: str) -> None:
        """Makes an older snapshot live (empty: the one before). Raises `NotFound`."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model of the registry. `rollout` tells, in words, how far it is on its way, or why it was taken back."""

    version: str
    definition: str
    trained_ms: int
    hash: str
    live: bool
    serving: bool
    metrics: Mapping[str, float] = field(default_factory=dict)
    refused: str = ""
    rollout: str = ""


class ModelProvider(Protocol):
    """The scorer of this process and older models."""

    @property
    def live(self) -> Scorer:
        """The scorer that serves now; read it once per request."""

    @property
    def assignment(self) -> Assignment:
        """Who scores for whom while a challenger is rolled out; read it once per request."""

    async def scorer(self, version: str) -> Scorer | None:
        """An older model's scorer (`prior` too)."""

    async def feature_names(self, definition_hash: str) -> FeatureNames | None:
        """The columns of a model definition; None when the definition is not known."""

    async def account(self, version: str, features: FeatureColumns, rows: Sequence[int]) -> ScoreAccount:
        """What each feature added to the scores of some rows of a decision, or why that cannot be told."""

    async def list(self) -> list[ModelInfo]:
        """Models of the registry, newest first."""

    async def report(self, version: str) -> str:
        """The training report as JSON. Raises `NotFound`."""

    async def promote(self, version: str, note: str) -> None:
        """Makes a model live for the fleet. Raises `NotFound`, `FailedPrecondition` for a refused or damaged one."""

    async def rollback(self, note: str) -> None:
        """Goes back to the one that was live before. Raises `FailedPrecondition` when there is none."""
