"""Contacts that were made elsewhere, and purchases: what happens outside of proposals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from nba_client.call import Call
from nba_client.pb import contact_pb2, event_pb2
from nba_client.value import Value, to_timestamp, to_values


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact made elsewhere: it counts against limits. `occurred_at` None: now; in the future: planned.

    `placement`, `context` and `candidates` (all actions that could have been chosen, this one among them) are for learning
    and for evaluating policies on it.
    """

    customer_id: str
    contact_id: str
    channel: str
    action: str = ""
    occurred_at: datetime | None = None
    pick_probability: float | None = None
    contact_class: str = ""
    placement: str = ""
    context: Mapping[str, Value] = field(default_factory=dict)
    candidates: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Purchase:
    """A basket or contract: money in the catalogue's currency, also by category and by product (which confirms conversions)."""

    customer_id: str
    purchase_id: str
    value: float
    occurred_at: datetime | None = None
    value_by_category: Mapping[str, float] = field(default_factory=dict)
    value_by_product: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """`recorded` is False when the id was known already (nothing changed) or it was refused; then `error` says why.

    `effects` of a purchase, in words: conversions that it confirmed.
    """

    recorded: bool
    error: str = ""
    effects: tuple[str, ...] = ()


def contact_call(contact: Contact) -> Call[Recorded]:
    """The call of `RecordContact`."""
    request = contact_pb2.RecordContactRequest(contact=_contact(contact))
    answer = contact_pb2.RecordContactResponse
    return Call(
        "ContactService",
        "RecordContact",
        request,
        answer,
        lambda message: Recorded(message.result.recorded, message.result.error),
        "write",
    )


def contacts_call(contacts: Sequence[Contact]) -> Call[list[Recorded]]:
    """The call of `RecordContacts`."""
    request = contact_pb2.RecordContactsRequest(contacts=[_contact(item) for item in contacts])
    answer = contact_pb2.RecordContactsResponse
    return Call(
        "ContactService",
        "RecordContacts",
        request,
        answer,
        lambda message: [Recorded(item.recorded, item.error) for item in message.results],
        "batch",
    )


def purchases_call(purchases: Sequence[Purchase]) -> Call[list[Recorded]]:
    """The call of `RecordPurchases`."""
    request = event_pb2.RecordPurchasesRequest(purchases=[purchase_message(item) for item in purchases])
    answer = event_pb2.RecordPurchasesResponse
    return Call(
        "EventService",
        "RecordPurchases",
        request,
        answer,
        lambda message: [Recorded(item.recorded, item.error, tuple(item.effects)) for item in message.results],
        "batch",
    )


def _contact(contact: Contact) -> contact_pb2.Contact:
    message = contact_pb2.Contact(
        customer_id=contact.customer_id,
        contact_id=contact.contact_id,
        channel=contact.channel,
        action=contact.action,
        occurred_at=to_timestamp("occurred_at", contact.occurred_at),
        pick_probability=contact.pick_probability,
        placement=contact.placement,
        context=to_values("context", contact.context),
        candidates=contact.candidates,
    )
    setattr(message, "class", contact.contact_class)
    return message


def purchase_message(purchase: Purchase) -> event_pb2.Purchase:
    """A purchase as a message."""
    return event_pb2.Purchase(
        customer_id=purchase.customer_id,
        purchase_id=purchase.purchase_id,
        occurred_at=to_timestamp("occurred_at", purchase.occurred_at),
        value=purchase.value,
        value_by_category=dict(purchase.value_by_category),
        value_by_product=dict(purchase.value_by_product),
    )
