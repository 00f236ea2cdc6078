"""A contact that another system made: it counts in the ledger and is never taken for a decision of ours.

Checking ids against the catalogue is the use case's work; an action the catalogue does not have stays a bare name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nba_server.domain.action import ADVERTISING
from nba_server.domain.catalog import Catalog
from nba_server.domain.engagement import Contact, ContactState, CustomerState
from nba_server.domain.ledger import inserted, trimmed
from nba_server.domain.reaction import EXTERNAL_PREFIX


@dataclass(frozen=True, slots=True)
class Recorded:
    """The ledger with the contact. `repeated`: it was there already, nothing changed."""

    contact: Contact
    ledger: Sequence[Contact]
    repeated: bool


def external_contact(
    state: CustomerState,
    contact_id: str,
    channel: str,
    action: str,
    at_ms: int,
    catalog: Catalog,
    now_ms: int,
    *,
    class_: str = "",
    placement: str = "",
) -> Recorded:
    """Takes in a contact on a channel of the catalogue (`KeyError` for another). `at_ms` 0: now; later: planned."""
    ledger_id = EXTERNAL_PREFIX + contact_id
    for entry in state.ledger:
        if entry.id == ledger_id:
            return Recorded(entry, state.ledger, repeated=True)
    at_ms = at_ms or now_ms
    known = catalog.channels[channel]
    index = catalog.index.get(action)
    offered = None if index is None else catalog.actions[index]
    window_ms = (offered.response_window_ms if offered else 0) or known.response_window_ms
    contact = Contact(
        id=ledger_id,
        at_ms=at_ms,
        expires_ms=at_ms,
        state=ContactState.CONFIRMED,
        channel=channel,
        direction=known.direction,
        class_=class_ or (offered.class_ if offered else ADVERTISING),
        group=offered.group if offered else "",
        action=action,
        placement=placement,
        respond_until_ms=at_ms + window_ms,
    )
    ledger = trimmed(inserted(state.ledger, contact), catalog.ledger_retention_ms, now_ms)
    return Recorded(contact, ledger, repeated=False)
