"""Puts purchases down to contacts: conversions are written by the server once, and taken back when they hold no more.

Called after every change of a ledger or of purchases; where nothing follows, nothing is written.
"""

from __future__ import annotations

from dataclasses import replace

from nba_server.application.ports import AttributionRecord
from nba_server.application.reacting import Reactions
from nba_server.domain import attribution
from nba_server.domain.casework import SERVER
from nba_server.domain.catalog import Catalog
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.domain.purchase import KeptPurchase
from nba_server.domain.reaction import apply


def settle(reactions: Reactions, catalog: Catalog, now_ms: int) -> tuple[str, ...]:
    """Brings the server's conversions and the journaled touches up to date; what changed, in words."""
    conversions = catalog.events.conversions
    if not conversions or not reactions.state.file.purchases:
        return ()
    ledger, purchases = reactions.state.ledger, reactions.state.file.purchases
    new, gone = attribution.settlement(purchases, ledger, conversions)
    words = [_take_back(reactions, taken, catalog, now_ms) for taken in gone]
    words += [_convert(reactions, credit, catalog, now_ms) for credit in new]
    told = tuple(_told(reactions, known, catalog) for known in purchases)
    if told != purchases:
        reactions.put_file(replace(reactions.state.file, purchases=told), now_ms)
    return tuple(words)


def _convert(reactions: Reactions, credit: attribution.Credit, catalog: Catalog, now_ms: int) -> str:
    contact = next(contact for contact in reactions.state.ledger if contact.id == credit.contact_id)
    event = OutcomeEvent(
        type=OutcomeType.CONVERTED,
        contact_id=credit.contact_id,
        event_id=attribution.event_id(credit, contact),
        occurred_ms=credit.occurred_ms,
        value=credit.value,
        product=credit.product,
    )
    reactions.add(apply(reactions.state, event, catalog, now_ms), SERVER)
    return f"confirmed the conversion of {contact.action} on {contact.channel} by purchase {credit.purchase_id}"


def _take_back(reactions: Reactions, taken: attribution.Taken, catalog: Catalog, now_ms: int) -> str:
    event = OutcomeEvent(type=OutcomeType.WITHDRAWN, contact_id=taken.contact_id, withdraws=taken.event_id)
    reacted = apply(reactions.state, event, catalog, now_ms)
    reactions.add(reacted, SERVER)
    purchase = attribution.written_for(taken.event_id)
    return f"took back the conversion of {reacted.contact.action} on {reacted.contact.channel} by purchase {purchase}"


def _told(reactions: Reactions, known: KeptPurchase, catalog: Catalog) -> KeptPurchase:
    """The purchase with its touches journaled, if they are others than before."""
    counts = known.heard and not known.returned
    conversions = catalog.events.conversions
    found = attribution.touches(known.purchase, reactions.state.ledger, conversions) if counts else ()
    name = attribution.name_of(found)
    if name == known.told:
        return known
    record = AttributionRecord(reactions.customer, known.purchase.id, known.purchase.occurred_ms, found)
    reactions.note("attribution", reactions.journal.attribution(record))
    return replace(known, told=name)
