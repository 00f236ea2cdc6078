"""Purchases, and those that are kept for a while: to put them down to contacts heard of later, and to take them back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

KEPT_MS = 90 * 86_400_000
"""How long a purchase can be put down to something that is heard of later, or taken back."""

MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Purchase:
    """One basket or contract: money in all, by category and by product."""

    id: str
    occurred_ms: int
    value: float
    value_by_category: Mapping[str, float] = field(default_factory=dict)
    value_by_product: Mapping[str, float] = field(default_factory=dict)
    channel: str = ""


@dataclass(frozen=True, slots=True)
class KeptPurchase:
    """`returned`: it counts no more. `heard` is False while only its return was heard of. `told` names the touches journaled."""

    purchase: Purchase
    returned: bool = False
    heard: bool = True
    told: str = ""


def kept(purchases: Iterable[KeptPurchase], now_ms: int) -> tuple[KeptPurchase, ...]:
    """Those that are young enough, in order of time; of too many the newest."""
    young = (known for known in purchases if known.purchase.occurred_ms > now_ms - KEPT_MS)
    return tuple(sorted(young, key=lambda known: (known.purchase.occurred_ms, known.purchase.id))[-MOST_KEPT:])


def found(purchases: Sequence[KeptPurchase], purchase_id: str) -> KeptPurchase | None:
    """The purchase of this id, if it is kept."""
    return next((known for known in purchases if known.purchase.id == purchase_id), None)


def put(purchases: Sequence[KeptPurchase], one: KeptPurchase, now_ms: int) -> tuple[KeptPurchase, ...]:
    """With the purchase in, or in the place of its earlier state."""
    return kept((*(known for known in purchases if known.purchase.id != one.purchase.id), one), now_ms)


def merged_purchases(one: Sequence[KeptPurchase], other: Sequence[KeptPurchase]) -> tuple[KeptPurchase, ...]:
    """What either has kept, each purchase once; one that either knows as returned is."""
    by_id = {known.purchase.id: known for known in one}
    for known in other:
        same = by_id.get(known.purchase.id)
        if same is None:
            by_id[known.purchase.id] = known
        else:
            heard = same if same.heard else known
            by_id[known.purchase.id] = replace(heard, returned=same.returned or known.returned)
    ordered = sorted(by_id.values(), key=lambda known: (known.purchase.occurred_ms, known.purchase.id))
    return tuple(ordered[-MOST_KEPT:])


def held(purchases: Sequence[KeptPurchase]) -> frozenset[str]:
    """Products of the purchases that count."""
    return frozenset(
        product
        for known in purchases
        if not known.returned and known.heard
        for product in known.purchase.value_by_product
    )
