"""Purchases: decayed sums that do not depend on the order of arrival."""

from __future__ import annotations

from itertools import permutations

import pytest

from nba_server.domain.activity import HALF_LIFE_MS, RECENT, Purchase, add_purchase, decay
from nba_server.domain.engagement import Activity

DAY = 86_400_000


def test_half_is_left_after_a_half_life() -> None:
    """After thirty days half is left, after sixty a quarter."""
    assert decay(0, HALF_LIFE_MS) == 0.5
    assert decay(0, 2 * HALF_LIFE_MS) == 0.25
    assert HALF_LIFE_MS == 30 * DAY


def test_any_order_gives_the_same_sums() -> None:
    """Purchases that arrive late count as if they had arrived in time."""
    purchases = [
        Purchase("a", 400 * DAY, 8.0, {"milk": 8.0}),
        Purchase("b", 430 * DAY, 4.0, {"milk": 1.0, "beer": 3.0}),
        Purchase("c", 460 * DAY, 2.0),
    ]
    for order in permutations(purchases):
        activity = Activity()
        for purchase in order:
            activity = add_purchase(activity, purchase)
        assert activity.purchases == 3
        assert activity.last_ms == activity.as_of_ms == 460 * DAY
        assert activity.spend == pytest.approx(8 / 4 + 4 / 2 + 2)
        assert activity.baskets == pytest.approx(0.25 + 0.5 + 1)
        assert activity.category_spend == pytest.approx({"milk": 2.5, "beer": 1.5})


def test_repeat_changes_nothing() -> None:
    """A purchase with a known id gives the same record back."""
    activity = add_purchase(Activity(), Purchase("a", DAY, 8.0))
    assert add_purchase(activity, Purchase("a", 2 * DAY, 9.0)) is activity


def test_known_ids_are_bounded() -> None:
    """Only the newest ids are kept, so that the record stays small."""
    activity = Activity()
    for number in range(RECENT + 10):
        activity = add_purchase(activity, Purchase(f"p{number}", number, 1.0))
    assert len(activity.recent) == RECENT
    assert activity.purchases == RECENT + 10
