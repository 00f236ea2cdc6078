"""Artifacts: anything that is not exactly what was sealed is refused, and the process lives."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from nba_models import artifact
from nba_models.artifact import ArtifactInvalid
from nba_models.canary import Canary
from nba_models.canary_helper import verdict
from tests.unit.models.small import sealed


def _mutated(payload: bytes, rng: np.random.Generator) -> bytes:
    """One of: a flipped bit, a cut, a doubled piece, zeros, emptiness."""
    place = int(rng.integers(0, len(payload)))
    kind = int(rng.integers(0, 5))
    if kind == 0:
        return payload[:place] + bytes([payload[place] ^ (1 << int(rng.integers(0, 8)))]) + payload[place + 1 :]
    if kind == 1:
        return payload[:place]
    if kind == 2:
        return payload[:place] + payload[place // 2 :]
    return payload[:place] + b"\0" * 7 + payload[place + 7 :] if kind == 3 else b""


def test_sealed_artifact_verifies() -> None:
    """What was sealed is verified, and the manifest says what was put in."""
    version, files = sealed()
    manifest = artifact.verify(version, files)
    assert manifest.trained_on == 7
    assert manifest.evidence["alpha"][0] == 270
    assert version.startswith("small-20260101T000000-")


def test_every_mutation_is_noticed() -> None:
    """200 random mutations of any file, the manifest too, are refused by name or checksum."""
    rng = np.random.default_rng(8)
    version, files = sealed()
    names = sorted(files)
    for _ in range(200):
        name = names[int(rng.integers(0, len(names)))]
        broken = {**files, name: _mutated(files[name], rng)}
        if broken == files:
            continue
        with pytest.raises(ArtifactInvalid):
            artifact.verify(version, broken)


@pytest.mark.parametrize("name", [artifact.MANIFEST, *artifact.NEEDED])
def test_missing_file_is_named(name: str) -> None:
    """An artifact without one of its files says which."""
    version, files = sealed()
    with pytest.raises(ArtifactInvalid, match=name):
        artifact.verify(version, {key: value for key, value in files.items() if key != name})


def _resealed(model: bytes) -> tuple[str, dict[str, bytes]]:
    """The artifact with other trees, all checksums right."""
    version, files = sealed()
    parts = {name: files[name] for name in artifact.NEEDED}
    return artifact.seal(artifact.verify(version, files), {**parts, artifact.MODEL: model})


def test_damaged_trees_with_right_checksums_cannot_kill_us(canary: Canary) -> None:
    """Sixty damaged tree files, resealed so that all checksums fit, get a verdict each; the helper lives through all."""
    rng = np.random.default_rng(9)
    trees = sealed()[1][artifact.MODEL]
    assert canary.check(*sealed()) == ""
    helper = canary.pid
    verdicts = [canary.check(*_resealed(_mutated(trees, rng))) for _ in range(60)]
    assert sum(verdict != "" for verdict in verdicts) >= 40
    assert canary.check(*sealed()) == ""
    assert canary.pid == helper


def test_death_of_a_check_is_its_verdict(canary: Canary) -> None:
    """A file on which LightGBM dies is refused with the signal's name."""
    trees = sealed()[1][artifact.MODEL]
    deadly = trees.replace(b"\nleft_child=", b"\nleft_child=900000 ", 1)
    assert "ended the process with SIG" in canary.check(*_resealed(deadly))
    assert canary.check(*sealed()) == ""


def test_model_that_scores_otherwise_is_refused() -> None:
    """Trees that load but give other numbers than at the training are refused by the canary rows."""
    assert "other propensities" in verdict(*_resealed(sealed(2)[1][artifact.MODEL]))


def test_endless_check_is_given_up() -> None:
    """A check that does not end in time is a refusal."""
    with Canary(timeout_s=0.000_001) as hasty:
        assert "took longer" in hasty.check(*sealed())


def test_killed_helper_is_started_again(canary: Canary) -> None:
    """When the helper itself is killed, the next check has a new one."""
    assert canary.check(*sealed()) == ""
    first = canary.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert canary.check(*sealed()) == ""
    assert canary.pid not in (None, first)
