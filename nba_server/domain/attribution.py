"""What purchases are put down to: every contact within its action's window, and the last of them, which is credited.

Worked out from the ledger and the kept purchases alone, so the order in which things are heard of does not matter. It looks at
times only, never at what the customer answered: a window that ended in silence counts like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from nba_server.domain.activity import Purchase
from nba_server.domain.engagement import Contact, ContactState, Reaction
from nba_server.domain.event_rule import Conversion
from nba_server.domain.outcome import OutcomeType
from nba_server.domain.purchase import KeptPurchase

PREFIX = "purchase"
"""Event ids of the conversions that the server writes are `purchase:<id>`, or `purchase.2:<id>` when it is written again."""


@dataclass(frozen=True, slots=True)
class Touch:
    """A contact that may have led to a purchase of the product (or in the category). `last`: it is credited with it."""

    contact_id: str
    decision_id: str
    action: str
    channel: str
    at_ms: int
    product: str
    value: float
    last: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """A conversion that a purchase confirms on a contact: money, and the product that most of it was spent on."""

    contact_id: str
    purchase_id: str
    occurred_ms: int
    value: float
    product: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversion of the server that holds no more, by the event id of its outcome."""

    contact_id: str
    event_id: str


def touches(purchase: Purchase, ledger: Sequence[Contact], conversions: Mapping[str, Conversion]) -> tuple[Touch, ...]:
    """The contacts that may have led to a purchase, by product and in order of time."""
    return tuple(touch for line in _lines(purchase, ledger, conversions) for touch in line)


def name_of(found: Sequence[Touch]) -> str:
    """Names the touches, so that a change is noticed: 16 hex characters, empty for none."""
    if not found:
        return ""
    words = [(touch.contact_id, touch.product, touch.last) for touch in found]
    return blake2b(repr(words).encode(), digest_size=8).hexdigest()


def confirmed(
    purchases: Sequence[KeptPurchase], ledger: Sequence[Contact], conversions: Mapping[str, Conversion]
) -> tuple[Credit, ...]:
    """The conversions that the purchases confirm and that nobody has reported already, in order of time."""
    due: list[Credit] = []
    for known in purchases:
        if known.heard and not known.returned:
            due.extend(_credited(known.purchase, touches(known.purchase, ledger, conversions)))
    ids = {known.purchase.id for known in purchases}
    reported = {contact.id: _reported(contact, ids) for contact in ledger if contact.reactions}
    free: list[Credit] = []
    for credit in sorted(due, key=lambda one: (one.occurred_ms, one.purchase_id)):
        _, others = reported.get(credit.contact_id, (set(), []))
        if any(credit.purchase_id in ids_ for ids_, _ in reported.values()):
            continue
        if others:
            others.pop()
            continue
        free.append(credit)
    return tuple(free)


def settlement(
    purchases: Sequence[KeptPurchase], ledger: Sequence[Contact], conversions: Mapping[str, Conversion]
) -> tuple[tuple[Credit, ...], tuple[Taken, ...]]:
    """What is to be written so that the server's conversions are those that purchases confirm: new ones, and those taken back.

    Conversions of purchases that are not kept any more stay as they are.
    """
    wanted = {(credit.contact_id, credit.purchase_id): credit for credit in confirmed(purchases, ledger, conversions)}
    ids = {known.purchase.id for known in purchases}
    standing: set[tuple[str, str]] = set()
    gone: list[Taken] = []
    for contact in ledger:
        for reaction in contact.reactions:
            purchase_id = purchase_of(reaction)
            if not purchase_id or reaction.withdrawn or purchase_id not in ids:
                continue
            if (contact.id, purchase_id) in wanted:
                standing.add((contact.id, purchase_id))
            else:
                gone.append(Taken(contact.id, reaction.event_id))
    return tuple(credit for key, credit in wanted.items() if key not in standing), tuple(gone)


def purchase_of(reaction: Reaction) -> str:
    """The purchase by which the server wrote a conversion; empty for any other outcome."""
    return written_for(reaction.event_id) if reaction.type == OutcomeType.CONVERTED else ""


def written_for(event_id: str) -> str:
    """The purchase in the event id of a conversion that the server wrote; empty for other ids."""
    name, _, purchase_id = event_id.partition(":")
    return purchase_id if name.partition(".")[0] == PREFIX else ""


def event_id(credit: Credit, contact: Contact) -> str:
    """The id of the conversion's outcome: unused on the contact, also where it was credited before and taken back."""
    used = {reaction.event_id for reaction in contact.reactions}
    again = (f"{PREFIX}.{number}:{credit.purchase_id}" for number in range(2, len(used) + 3))
    return next(name for name in (f"{PREFIX}:{credit.purchase_id}", *again) if name not in used)


def _lines(
    purchase: Purchase, ledger: Sequence[Contact], conversions: Mapping[str, Conversion]
) -> Iterator[list[Touch]]:
    """The touches of each product, then of each category where the contact's action converts on no product bought."""
    made = [
        (contact, conversions[contact.action])
        for contact in ledger
        if contact.action in conversions
        and contact.state is ContactState.CONFIRMED
        and contact.at_ms <= purchase.occurred_ms < contact.at_ms + conversions[contact.action].window_ms
    ]
    bought = purchase.value_by_product.keys()
    for product, value in sorted(purchase.value_by_product.items()):
        yield _touched([contact for contact, conversion in made if product in conversion.products], product, value)
    for category, value in sorted(purchase.value_by_category.items()):
        chosen = [c for c, conversion in made if category in conversion.categories and not conversion.products & bought]
        yield _touched(chosen, category, value)


def _touched(contacts: Sequence[Contact], product: str, value: float) -> list[Touch]:
    ordered = sorted(contacts, key=lambda contact: (contact.at_ms, contact.id))
    return [
        Touch(c.id, c.decision_id, c.action, c.channel, c.at_ms, product, value, last=c is ordered[-1]) for c in ordered
    ]


def _credited(purchase: Purchase, found: Sequence[Touch]) -> Iterator[Credit]:
    last = [touch for touch in found if touch.last]
    for contact_id in dict.fromkeys(touch.contact_id for touch in last):
        own = [touch for touch in last if touch.contact_id == contact_id]
        most = max(own, key=lambda touch: (touch.value, touch.product))
        value = sum(touch.value for touch in own)
        yield Credit(contact_id, purchase.id, purchase.occurred_ms, value, most.product)


def _reported(contact: Contact, purchases: set[str]) -> tuple[set[str], list[Reaction]]:
    """Conversions that callers reported on the contact: the purchases that they name, and those that name none."""
    own = [
        reaction
        for reaction in contact.reactions
        if reaction.type == OutcomeType.CONVERTED and not reaction.withdrawn and not purchase_of(reaction)
    ]
    return {r.event_id for r in own if r.event_id in purchases}, [r for r in own if r.event_id not in purchases]
