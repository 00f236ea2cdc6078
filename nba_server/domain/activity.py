"""Purchases in constant space: one more purchase, and what the sums are worth at a later moment.

Every amount halves each `HALF_LIFE_MS`, so the order in which purchases arrive does not change the sums.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nba_server.domain.engagement import Activity
from nba_server.domain.purchase import Purchase as Purchase

DAY_MS = 86_400_000
HALF_LIFE_MS = 30 * DAY_MS
RECENT = 64
"""How many purchase ids are kept to recognise repeats."""


def decay(from_ms: int, to_ms: int) -> float:
    """What is left at `to_ms` of 1 at `from_ms`: 2^(-(to-from)/half-life). Above 1 when `to_ms` is earlier."""
    return float(2.0 ** (-(to_ms - from_ms) / HALF_LIFE_MS))


def add_purchase(activity: Activity, purchase: Purchase) -> Activity:
    """The activity with the purchase; the same object when its id is known already.

    A purchase older than the sums is decayed to their time instead of moving it back.
    """
    if purchase.id in activity.recent:
        return activity
    as_of = max(activity.as_of_ms, purchase.occurred_ms)
    old = decay(activity.as_of_ms, as_of) if activity.purchases else 0.0
    new = decay(purchase.occurred_ms, as_of)
    categories = {name: value * old for name, value in activity.category_spend.items()}
    for name, value in purchase.value_by_category.items():
        categories[name] = categories.get(name, 0.0) + value * new
    return Activity(
        purchases=activity.purchases + 1,
        last_ms=max(activity.last_ms, purchase.occurred_ms),
        as_of_ms=as_of,
        spend=activity.spend * old + purchase.value * new,
        baskets=activity.baskets * old + new,
        category_spend=categories,
        recent=(*activity.recent, purchase.id)[-RECENT:],
    )


def take_purchase_back(activity: Activity, purchase: Purchase, others: Iterable[Purchase] = ()) -> Activity:
    """The activity without a purchase that is in it. `others` are those still known, to tell the time of the last one.

    Its id stays known, so that a repeat of it is not counted again.
    """
    left = decay(purchase.occurred_ms, activity.as_of_ms)
    categories = dict(activity.category_spend)
    for name, value in purchase.value_by_category.items():
        categories[name] = categories.get(name, 0.0) - value * left
    before = max((other.occurred_ms for other in others), default=activity.last_ms)
    return replace(
        activity,
        purchases=max(activity.purchases - 1, 0),
        last_ms=before if activity.last_ms == purchase.occurred_ms else activity.last_ms,
        spend=activity.spend - purchase.value * left,
        baskets=max(activity.baskets - left, 0.0),
        category_spend=categories,
    )
