"""The watcher: swaps sound models in, keeps the old one when the new one is damaged, and says why. On the real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from nba_models import artifact, definition_file
from nba_models.canary import Canary
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.model_watcher import ModelWatcher
from nba_server.adapters.redis.store import Store
from nba_server.domain.propensity import ScoringCase
from nba_server.errors import FailedPrecondition, NotFound
from tests.unit.models.small import DEFINITION, random_case, sealed

PRIOR = f"prior-{DEFINITION.hash[:8]}"


@pytest.fixture
async def watcher(store: Store, canary: Canary) -> AsyncIterator[ModelWatcher]:
    """A watcher that looks only when it is told to."""
    made = ModelWatcher(store.artifacts, DEFINITION, poll_s=3600, canary=canary)
    await made.start()
    yield made
    await made.stop()


def _case() -> ScoringCase:
    case = random_case(np.random.default_rng(1))
    return ScoringCase(case.shared, case.pairs, case.prior, case.evidence)


async def _promoted(store: Store, version: str, files: dict[str, bytes]) -> None:
    await store.artifacts.put(version, files, {"trained_ms": "1"})
    assert await store.artifacts.set_live(version, note="test")


async def test_prior_serves_until_a_model_is_live(store: Store, watcher: ModelWatcher) -> None:
    """A fresh store serves the prior; a promoted model is swapped in and scores otherwise."""
    assert watcher.live.version == PRIOR
    before = watcher.live.score([_case()])[0].propensity
    version, files = sealed()
    await ModelRegistry(store.artifacts).publish(version, files)
    await watcher.promote(version, "test")
    assert watcher.live.version == version
    assert not np.array_equal(watcher.live.score([_case()])[0].propensity, before)
    (info,) = await watcher.list()
    assert (info.live, info.serving, info.refused) == (True, True, "")
    assert info.metrics == {"auc": 0.7}


async def test_pointer_is_followed_without_being_told(store: Store, canary: Canary) -> None:
    """A server that did nothing itself serves what another one promoted."""
    watcher = ModelWatcher(store.artifacts, DEFINITION, poll_s=0.02, canary=canary)
    await watcher.start()
    try:
        await _promoted(store, *sealed())
        async with asyncio.timeout(30):
            await watcher.swapped.wait()
        assert watcher.live.version == sealed()[0]
    finally:
        await watcher.stop()


async def test_damaged_model_is_refused_and_the_old_one_serves(store: Store, watcher: ModelWatcher) -> None:
    """A live artifact with one byte flipped changes nothing but the list, which says why."""
    await _promoted(store, *sealed())
    assert await watcher.reload()
    version, files = sealed(2)
    flipped = bytearray(files[artifact.MODEL])
    flipped[1000] ^= 1
    await _promoted(store, version, {**files, artifact.MODEL: bytes(flipped)})
    assert not await watcher.reload()
    assert watcher.live.version == sealed()[0]
    refused = {info.version: info.refused for info in await watcher.list()}
    assert "checksum" in refused[version]
    assert "checksum" in watcher.refused
    await store.artifacts.set_live(sealed()[0], note="back")
    assert not await watcher.reload()
    assert watcher.refused == ""


async def test_promoting_a_damaged_or_unknown_model_moves_nothing(store: Store, watcher: ModelWatcher) -> None:
    """The pointer stays where it is when the wanted model is damaged or not there."""
    version, files = sealed()
    await store.artifacts.put(version, {**files, artifact.ENCODER: b"{}"}, {})
    with pytest.raises(FailedPrecondition):
        await watcher.promote(version, "test")
    with pytest.raises(NotFound):
        await watcher.promote("small-20260101T000000-000000000000", "test")
    assert await store.artifacts.live() == ""
    assert watcher.live.version == PRIOR


async def test_model_refused_by_its_gates_is_not_promoted(store: Store, watcher: ModelWatcher) -> None:
    """A refused challenger can be looked at, and only be promoted by force."""
    version, files = sealed()
    registry = ModelRegistry(store.artifacts)
    await registry.publish(version, files, refused="AUC: 0.5")
    with pytest.raises(FailedPrecondition, match=r"AUC: 0\.5"):
        await watcher.promote(version, "test")
    assert (await watcher.list())[0].refused == "AUC: 0.5"
    await registry.promote(version, "an operator knows better", force=True)
    assert await store.artifacts.live() == version


async def test_roll_back_goes_to_the_model_before_and_then_to_the_priors(store: Store, watcher: ModelWatcher) -> None:
    """Before the second model was the first; before the first there were the priors; before those nothing."""
    with pytest.raises(FailedPrecondition):
        await watcher.rollback("nothing is live")
    for seed in (1, 2):
        version, files = sealed(seed)
        await ModelRegistry(store.artifacts).publish(version, files)
        await watcher.promote(version, "test")
    await watcher.rollback("worse")
    assert watcher.live.version == sealed(1)[0]
    await watcher.promote("prior", "start again")
    assert watcher.live.version == PRIOR


async def test_older_scorers_recompute_their_decisions(store: Store, watcher: ModelWatcher, canary: Canary) -> None:
    """Each version that a journal may name gives the scorer that wrote it, with the same bits and features."""
    version, files = sealed()
    prior_scores = watcher.live.score([_case()])[0]
    await ModelRegistry(store.artifacts).publish(version, files)
    await watcher.promote(version, "test")
    model_scores = watcher.live.score([_case()])[0]

    newer = definition_file.parse(DEFINITION.text.replace("title: For tests", "title: Newer"))
    other = ModelWatcher(store.artifacts, newer, poll_s=3600, canary=canary)
    await other.start()
    try:
        assert other.live.version == f"{version}+{newer.hash[:8]}"
        for name, wanted in ((PRIOR, prior_scores), (version, model_scores)):
            scorer = await other.scorer(name)
            assert scorer is not None
            assert scorer.version == name
            found = scorer.score([_case()])[0]
            assert found.propensity.tobytes() == wanted.propensity.tobytes()
            assert found.features == wanted.features
        back = await watcher.scorer(other.live.version)
        assert back is not None
        assert back.score([_case()])[0].features == other.live.score([_case()])[0].features
        for unknown in ("prior-00000000", "small-20260101T000000-000000000000", f"{version}+00000000"):
            assert await other.scorer(unknown) is None
    finally:
        await other.stop()
