"""Damaged model files: 500 mutations are refused by their checksums; with right checksums the canary tells, and nobody dies."""

from __future__ import annotations

import os

import pytest

from nba_models import artifact
from nba_models.artifact import ArtifactInvalid
from nba_models.canary import Canary
from tests.unit.models.mutations import mutated, resealed
from tests.unit.models.small import sealed

SHORT = 25


def test_500_mutations_are_refused_before_anything_is_loaded() -> None:
    """Whatever byte is damaged, the checksums of name, manifest and files no longer agree."""
    version, files = sealed()
    for seed in range(500):
        damaged = mutated(files, seed)
        if damaged != files:
            with pytest.raises(ArtifactInvalid):
                artifact.verify(version, damaged)


def test_mutations_with_right_checksums_do_not_kill(canary: Canary) -> None:
    """Nonsense that was sealed is tried in another process: it may die there, and is refused or scores the same bits."""
    version, files = sealed()
    manifest = artifact.verify(version, files)
    assert canary.check(version, files) == ""
    helper, ours = canary.pid, os.getpid()
    verdicts = [canary.check(*resealed(manifest, files, seed)) for seed in range(SHORT)]
    assert sum(bool(verdict) for verdict in verdicts) > SHORT // 2
    assert (canary.pid, os.getpid()) == (helper, ours)
    assert canary.check(version, files) == "", "after all of them a sound model is taken"
