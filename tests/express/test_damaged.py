"""What the express lane takes of a damaged record is what Python makes of it, wherever Python can read it at all."""

from __future__ import annotations

from random import Random

import pytest

from nba_server.adapters.express import compiled
from nba_server.application.ports import Asked, Stored
from nba_server.errors import NbaError
from tests.express.damage import damaged
from tests.express.test_equal import differences, express, plain
from tests.express.worlds import world

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")
WORLDS = (2, 4, 7, 12)
CASES = 250


@pytest.mark.parametrize("seed", WORLDS)
def test_damage_makes_no_difference(seed: int) -> None:
    """Records that are cut, flipped or odd: the same bytes or nothing, and other requests of the batch are none the worse."""
    given, dice, lane, reference = world(seed), Random(seed), express(), plain()
    lane.ready(given.catalog, given.scorer)
    sound = lane.take(given.asked, given.catalog, given.scorer)
    asked = [_damaged(dice, dice.choice(given.asked)) for _ in range(CASES)]
    taken = lane.take([*asked, *given.asked], given.catalog, given.scorer)
    assert taken[CASES:] == sound
    compared = 0
    for one, made in zip(asked, taken, strict=False):
        if made is None:
            continue
        try:
            (usual,) = reference.take([one], given.catalog, given.scorer)
        except NbaError:  # a fault in a part of the record that this decision does not need
            continue
        compared += 1
        assert not differences(one, made, usual), one.stored.values
    assert compared > CASES / 20, "or this shows nothing"


def _damaged(dice: Random, asked: Asked) -> Asked:
    return asked._replace(stored=Stored(damaged(dice, list(asked.stored.values))))
