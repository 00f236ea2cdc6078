"""Short form of the trainers' proof: three processes, a few ticks, leaders killed and frozen; one promotion a tick."""

from __future__ import annotations

import pytest

from tests.prove import trainers


@pytest.mark.timeout(400)  # a tick may wait long for a promotion on a busy machine
def test_one_promotion_a_tick() -> None:
    """Whatever happens to the leaders, each tick has one promotion, in order, and none of a stale trainer."""
    found = trainers.run(ticks=3)
    assert found["passed"], found
