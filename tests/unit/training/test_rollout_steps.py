"""The steps of a rollout on the real store: widened on time and evidence, taken back when the live comparison turns, audited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nba_models.definition import Gates, RolloutRules
from nba_server.adapters.model_registry import ModelRegistry
from nba_server.adapters.redis.store import Store
from nba_server.adapters.rollout_record import FIELD, decode_rollout
from nba_server.errors import FailedPrecondition
from nba_training.live_arms import Arm
from nba_training.ope.estimators import Terms
from nba_training.rollout import Move, Seen, advance, begin, running
from tests.unit.models.small import sealed

RULES, GATES = RolloutRules(hours=24, decisions=500), Gates()
HOUR_MS = 3_600_000
SHADOW = {"decisions": 400, "same": 300, "micros": 40_000}


def arm(rate: float, harm: float = 0.001, customers: int = 4000, seed: int = 1) -> Arm:
    """An arm whose customers had three decisions each."""
    rng = np.random.default_rng(seed)
    three = np.full(customers, 3.0)
    reward, bad = (rng.binomial(3, p, customers).astype(float) for p in (rate, harm))
    return Arm(3 * customers, customers, Terms(reward, three), Terms(bad, three))


NOTHING = Arm(0, 0, Terms(np.empty(0), np.empty(0)), Terms(np.empty(0), np.empty(0)))


async def _begun(store: Store) -> tuple[str, str, int]:
    """(challenger, champion, fence) of a rollout that has just begun at 0."""
    registry = ModelRegistry(store.artifacts)
    (champion, files), (challenger, other) = sealed(1), sealed(2)
    await registry.publish(champion, files)
    await registry.publish(challenger, other)
    await registry.promote(champion, "first")
    fence = await store.leases.acquire("train", 60_000, "me")
    assert fence is not None
    await begin(store.artifacts, challenger, 0, note="tick", fence=fence)
    return challenger, champion, fence


async def test_four_steps_to_all_customers(store: Store) -> None:
    """Shadow, 5 %, 25 %, all: each after its time and evidence, each a line of the audit."""
    challenger, champion, fence = await _begun(store)
    seen = Seen(arm(0.11, seed=2), arm(0.10), SHADOW)
    hours = (1, 25, 26, 50, 75, 76)
    moves = [(await advance(store.artifacts, RULES, GATES, seen, at * HOUR_MS, fence=fence)).move for at in hours]
    assert moves == [Move.WAITING, Move.WIDENED, Move.WAITING, Move.WIDENED, Move.PROMOTED, Move.NONE]
    assert await store.artifacts.live() == challenger
    assert await store.artifacts.previous() == champion
    notes = [change.note for change in await store.artifacts.audit(10)]
    assert [note.split(":")[0].removeprefix(challenger) for note in notes] == [
        " to all customers", " to 25% of the customers", " to 5% of the customers", "tick", "first",
    ]  # fmt: skip
    assert "75% of 400 first choices the same" in notes[2]


async def test_too_few_decisions_wait(store: Store) -> None:
    """A stage whose sides have too few mature decisions, or a shadow that nobody scored, goes on."""
    _, _, fence = await _begun(store)
    nobody = Seen(NOTHING, arm(0.1), {})
    assert (await advance(store.artifacts, RULES, GATES, nobody, 99 * HOUR_MS, fence=fence)).move is Move.WAITING
    seen = replace(nobody, shadow=SHADOW)
    assert (await advance(store.artifacts, RULES, GATES, seen, 99 * HOUR_MS, fence=fence)).move is Move.WIDENED
    found = await advance(store.artifacts, RULES, GATES, seen, 199 * HOUR_MS, fence=fence)
    assert (found.move, found.reason) == (Move.WAITING, "0 of 500 mature decisions on one side")


@pytest.mark.parametrize(
    ("worse", "why"),
    [(arm(0.07, seed=2), "earns -0.0"), (arm(0.10, harm=0.02, seed=2), "opt-outs and complaints +0.0")],
)
async def test_turned_comparison_takes_back(store: Store, worse: Arm, why: str) -> None:
    """Less reward or more harm than chance explains ends the rollout at once; the live model stays, and the reason is kept."""
    challenger, champion, fence = await _begun(store)
    moved = await advance(store.artifacts, RULES, GATES, Seen(worse, arm(0.10), SHADOW), HOUR_MS, fence=fence)
    assert moved.move is Move.TAKEN_BACK
    assert why in moved.reason
    assert await running(store.artifacts) is None
    assert await store.artifacts.live() == champion
    record = decode_rollout((await store.artifacts.state())[FIELD])
    assert record is not None
    assert why in record.ended
    listed = {info.version: info.rollout for info in await ModelRegistry(store.artifacts).list()}
    assert why in listed[challenger]
    assert why in (await store.artifacts.audit(1))[0].note


async def test_equal_models_are_rarely_taken_back(store: Store) -> None:
    """Arms that are alike stay within chance: of forty pairs two at most turn."""
    from nba_training.rollout import turned

    found = [turned(Seen(arm(0.1, seed=s), arm(0.1, seed=s + 1000), {}), GATES) for s in range(40)]
    assert sum(map(bool, found)) <= 3


async def test_lost_lease_moves_nothing(store: Store) -> None:
    """A trainer that was frozen past its lease cannot move a rollout, and an operator's change ends it."""
    _, _, fence = await _begun(store)
    seen = Seen(arm(0.1, seed=2), arm(0.1), SHADOW)
    with pytest.raises(FailedPrecondition):
        await advance(store.artifacts, RULES, GATES, seen, 25 * HOUR_MS, fence=fence + 1)
    await ModelRegistry(store.artifacts).rollback("an operator")
    assert (await advance(store.artifacts, RULES, GATES, seen, 25 * HOUR_MS, fence=fence)).move is Move.NONE
