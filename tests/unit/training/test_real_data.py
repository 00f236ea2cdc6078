"""Short forms of `make prove` on the shared real data; without them the tests say so."""

from __future__ import annotations

import pytest

from tests.prove import bank, hillstrom, obd, starbucks
from tests.prove.datasets import DATA

pytestmark = [
    pytest.mark.skipif(not DATA.exists(), reason="the shared data are not beside this checkout"),
    pytest.mark.timeout(240),
]


def test_learned_offers_beat_chance_and_not_lose_to_the_best_single_one() -> None:
    """On 30 % of the customers: above uniform, the difference to the best single offer above -2 %, greedy claims too high."""
    found = starbucks.run(share=30, draws=300)
    assert found["refused"] is None
    for name in ("snips", "dr"):
        assert found[name]["minus_uniform"][1] > 0
        assert found[name]["lower_bound_of_best_single"] > -starbucks.TOLERANCE
    assert found["greedy_claim_too_high_by"] > 0.1


def test_no_false_gain_where_there_is_none() -> None:
    """Learned minus best arm holds zero; the women's e-mail has a ranking above a random one."""
    found = hillstrom.run(draws=200)
    assert found["claims_a_gain"] is False
    for value, low, high in found["learned_minus_best_single"].values():
        assert low <= 0 <= high
        assert low < value < high
    assert found["auuc"] > 0


def test_a_run_with_the_duration_of_the_call_is_stopped() -> None:
    """The leak check names it and nothing else, and a random split flatters."""
    found = bank.run()
    assert ["duration" in reason for reason in found["leak_check_stops"]] == [True]
    assert found["drop"] > 0.1


def test_the_bandit_data_give_the_outside_numbers_and_refusals() -> None:
    """IPS, SNIPS and DR to the last digits; a policy that the log hardly ever followed is refused."""
    found = obd.run(["men"])["men"]
    assert found["largest_relative_gap"] < 1e-12
    assert found["random_to_bts"]["refused"] is None
    assert "effective sample size" in found["bts_to_its_rarest_item"]["refused"]
