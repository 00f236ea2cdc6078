"""Publishes a challenger: artifact into the store, and the live pointer under the trainer's fence when its gates let it pass."""

from __future__ import annotations

from collections.abc import Mapping

from nba_models import artifact
from nba_models.artifact import Manifest
from nba_models.canary_rows import choose
from nba_models.scorer import LoadedModel
from nba_server.adapters.model_registry import ModelRegistry
from nba_training.dataset import Dataset
from nba_training.extract import Extract


def seal(
    model: LoadedModel,
    files: Mapping[str, bytes],
    read: Extract,
    rows: Dataset,
    metrics: Mapping[str, float],
    created_ms: int,
) -> tuple[str, dict[str, bytes]]:
    """(version, files with manifest and canary rows). `rows` is where the canary rows are drawn from."""
    table = rows.columns(model.layout)
    canary = choose(model, table, rows.background)
    times = read.dataset.at_ms
    manifest = Manifest(
        model=model.definition.model,
        definition_hash=model.definition.hash,
        created_ms=created_ms,
        trained_on=read.table_version,
        first_ms=int(times[0]),
        last_ms=int(times[-1]),
        files={},
        evidence=model.manifest.evidence,
        groups=model.manifest.groups,
        metrics=metrics,
        parameters=model.manifest.parameters,
    )
    return artifact.seal(manifest, {**files, artifact.CANARY: canary.to_json()})


async def publish(
    registry: ModelRegistry, version: str, files: Mapping[str, bytes], *, refused: str, note: str, fence: int | None
) -> None:
    """Keeps the artifact, and promotes it unless it was refused or there is no fence to promote under.

    Raises `FailedPrecondition` for a stale fence.
    """
    await registry.publish(version, files, refused=refused)
    if not refused and fence is not None:
        await registry.promote(version, note, fence=fence)
