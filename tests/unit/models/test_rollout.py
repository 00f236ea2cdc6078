"""A challenger on its way: whom it decides for, what stops it, and how its shadow is counted. On the real store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from nba_models import artifact
from nba_models.canary import Canary
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.model_watcher import ModelWatcher
from nba_server.adapters.redis.store import Store
from nba_server.adapters.rollout_record import FIELD, decode_rollout, encode_rollout
from nba_server.domain.rollout import Assignment, Rollout, place_of
from nba_server.errors import FailedPrecondition
from tests.unit.models.small import DEFINITION, sealed


@pytest.fixture
async def watcher(store: Store, canary: Canary) -> AsyncIterator[ModelWatcher]:
    """A watcher that looks only when it is told to, with one model live."""
    made = ModelWatcher(store.artifacts, DEFINITION, poll_s=3600, canary=canary)
    await made.start()
    version, files = sealed(1)
    await ModelRegistry(store.artifacts).publish(version, files)
    await made.promote(version, "first")
    yield made
    await made.stop()


async def _roll(store: Store, watcher: ModelWatcher, share: float, **changes: str) -> Rollout:
    version, files = sealed(2)
    if changes.pop("damage", ""):
        files = {**files, artifact.MODEL: files[artifact.MODEL][:-40]}
        await store.artifacts.put(version, files, {"trained_ms": "2"})
    else:
        await ModelRegistry(store.artifacts).publish(version, files)
    fields = {"challenger": version, "champion": watcher.live.version} | changes
    rollout = Rollout(**fields, share=share, stage=1, since_ms=1, began_ms=1)
    before = (await store.artifacts.state()).get(FIELD, "")
    assert await store.artifacts.mark(FIELD, encode_rollout(rollout), expected=before, note=f"{share:.0%}")
    await watcher.reload()
    return rollout


def _versions(now: Assignment, customers: int = 4000) -> list[str]:
    return [now.of(f"{number:032x}").version for number in range(customers)]


async def test_share_of_customers_is_stable_and_grows(store: Store, watcher: ModelWatcher) -> None:
    """At 5 % and 25 % that share gets the challenger, always the same customers, and who was in stays in."""
    await _roll(store, watcher, 0.05)
    few = _versions(watcher.assignment)
    challenger = sealed(2)[0]
    assert few.count(challenger) == pytest.approx(200, abs=45)
    assert few == _versions(watcher.assignment)
    await _roll(store, watcher, 0.25)
    more = _versions(watcher.assignment)
    assert more.count(challenger) == pytest.approx(1000, abs=90)
    assert all(after == challenger for before, after in zip(few, more, strict=True) if before == challenger)
    assert [info.rollout for info in await watcher.list() if info.version == challenger] == [
        "decides for 25% of the customers"
    ]
    found = await watcher.scorer(challenger)
    assert found is watcher.assignment.challenger, "a decision of the challenger can be recomputed"


async def test_shadow_decides_for_nobody_and_is_counted(store: Store, watcher: ModelWatcher) -> None:
    """At share 0 the challenger is loaded but serves nobody; what its shadow found is added up in the store."""
    await _roll(store, watcher, 0.0)
    assert watcher.assignment.challenger is not None
    assert set(_versions(watcher.assignment)) == {watcher.live.version}
    for same in (True, True, False):
        watcher.shadow.add("m-1", same=same, micros=100)
    await watcher.shadow.flush(store.artifacts)
    watcher.shadow.add("m-1", same=True, micros=50)
    await watcher.shadow.flush(store.artifacts)
    assert dict(await store.artifacts.counted("shadow:m-1")) == {"decisions": 4, "same": 3, "micros": 350}


@pytest.mark.parametrize("why", ["ended", "champion", "damage", "garbage"])
async def test_what_stops_a_rollout_leaves_the_live_model_alone(store: Store, watcher: ModelWatcher, why: str) -> None:
    """An ended rollout, one against another model, a damaged challenger, an unreadable record: everybody gets the live model."""
    if why == "garbage":
        assert await store.artifacts.mark(FIELD, "{", expected="")
        await watcher.reload()
    else:
        await _roll(store, watcher, 0.5, **{why: "yes"})
    assert set(_versions(watcher.assignment)) == {watcher.live.version}
    if why == "damage":
        assert any("checksum" in info.refused for info in await watcher.list())
    assert decode_rollout("{") is None


async def test_steps_are_audited_and_fenced(store: Store, watcher: ModelWatcher) -> None:
    """Each step is a line of the audit; a step from a state that is gone, or under a lost lease, changes nothing."""
    rollout = await _roll(store, watcher, 0.05)
    assert [change.note for change in await store.artifacts.audit(5)] == ["5%", "first"]
    assert not await store.artifacts.mark(FIELD, "", expected="something else")
    with pytest.raises(FailedPrecondition, match="newer trainer"):
        await store.artifacts.mark(FIELD, "", expected=encode_rollout(rollout), fence=77)


def test_places_are_even_and_fixed_for_all_time() -> None:
    """Places spread evenly over [0, 1), differ by salt, and never change."""
    places = [place_of(f"{number:032x}", "salt") for number in range(5000)]
    assert sum(place < 0.25 for place in places) == pytest.approx(1250, abs=100)
    assert place_of("0" * 32, "salt") == 0.872052
    assert place_of("0" * 32, "salt") != place_of("0" * 32, "pepper")
