"""What a purchase, or its return, does to a customer: sums, profile, conversions. All of it joins one write."""

from __future__ import annotations

from dataclasses import replace

from nba_server.application.attributing import settle
from nba_server.application.consequences import call_off
from nba_server.application.ports import PurchaseRecord
from nba_server.application.profile_events import ProfileEvents
from nba_server.application.reacting import Reactions
from nba_server.domain.activity import add_purchase, take_purchase_back
from nba_server.domain.case_file import remembering
from nba_server.domain.catalog import Catalog
from nba_server.domain.event_rule import EventKind, EventPart
from nba_server.domain.profile import Scalar
from nba_server.domain.purchase import KeptPurchase, Purchase, found, held, put

Words = tuple[str, ...]


def take_purchase(reactions: Reactions, purchase: Purchase, catalog: Catalog, now_ms: int) -> Words | None:
    """Takes in a purchase; what followed from it, in words. None for a repeat."""
    before = reactions.state
    known = found(before.file.purchases, purchase.id)
    if purchase.id in before.activity.recent or (known is not None and known.heard):
        return None
    record = PurchaseRecord(reactions.customer, purchase.id, purchase.occurred_ms, purchase.value)
    reactions.note("purchase", reactions.journal.purchase(record))
    if known is not None and known.returned:
        _keep(reactions, KeptPurchase(purchase, returned=True), now_ms)
        return ("it was returned before it was heard of: it counts for nothing",)
    reactions.state = replace(before, activity=add_purchase(before.activity, purchase))
    words: Words = ()
    if keeps(catalog):
        profile = ProfileEvents(reactions, catalog)
        words = profile.take(EventKind.PURCHASE, _parts(purchase), purchase.occurred_ms, add=_products(purchase))
        _keep(reactions, KeptPurchase(purchase), now_ms)
    words += settle(reactions, catalog, now_ms)
    return (*words, *call_off(reactions, before, catalog, now_ms))


def take_return(reactions: Reactions, purchase_id: str, at_ms: int, catalog: Catalog, now_ms: int) -> Words | None:
    """Takes a purchase back; what followed from it, in words. None for a repeat."""
    before = reactions.state
    known = found(before.file.purchases, purchase_id)
    if known is not None and known.returned:
        return None
    bought = known.purchase if known is not None else Purchase(purchase_id, at_ms, 0.0)
    record = PurchaseRecord(reactions.customer, purchase_id, at_ms, bought.value, returned=True)
    reactions.note("purchase", reactions.journal.purchase(record))
    _keep(
        reactions,
        KeptPurchase(bought, returned=True, heard=known is not None, told=known.told if known else ""),
        now_ms,
    )
    if known is None and purchase_id in before.activity.recent:
        return ("the purchase is not kept one by one: what it added to sums stays",)
    if known is None:
        return ("the purchase is not known; should it be heard of, it counts for nothing",)
    others = [other.purchase for other in reactions.state.file.purchases if other.heard and not other.returned]
    reactions.state = replace(reactions.state, activity=take_purchase_back(before.activity, bought, others))
    gone = tuple(sorted(_products_of(known) - held(reactions.state.file.purchases)))
    words = ProfileEvents(reactions, catalog).take(EventKind.PURCHASE, {}, at_ms, remove=gone)
    return (*words, *settle(reactions, catalog, now_ms))


def keeps(catalog: Catalog) -> bool:
    """Whether the catalogue has a use for purchases beyond their sums, so that they are kept."""
    return bool(catalog.events.conversions) or EventKind.PURCHASE in catalog.events.profile


def _keep(reactions: Reactions, known: KeptPurchase, now_ms: int) -> None:
    file = reactions.state.file
    file = remembering(file, "", EventKind.PURCHASE.value, known.purchase.occurred_ms) if known.heard else file
    reactions.put_file(replace(file, purchases=put(file.purchases, known, now_ms)), now_ms)


def _parts(purchase: Purchase) -> dict[EventPart, Scalar]:
    parts: dict[EventPart, Scalar] = {EventPart.OCCURRED_AT: purchase.occurred_ms, EventPart.VALUE: purchase.value}
    if purchase.value_by_product:
        parts[EventPart.PRODUCT] = max(purchase.value_by_product.items(), key=lambda pair: (pair[1], pair[0]))[0]
    if purchase.channel:
        parts[EventPart.CHANNEL] = purchase.channel
    return parts


def _products(purchase: Purchase) -> tuple[str, ...]:
    return tuple(sorted(purchase.value_by_product))


def _products_of(known: KeptPurchase) -> frozenset[str]:
    return frozenset(known.purchase.value_by_product)
