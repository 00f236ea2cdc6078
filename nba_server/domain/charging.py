"""Units of caps that contacts hold: given back when a contact is released, taken again when it turns out to have been made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nba_server.domain.engagement import Charge, Contact, ContactState


def given_back(before: Sequence[Contact], after: Sequence[Contact]) -> tuple[Charge, ...]:
    """What the caps get back by a change of the ledger; negative units are taken again. What left the ledger stays spent."""
    was = {contact.id: contact.state is ContactState.RELEASED for contact in before if contact.charges}
    found: list[Charge] = []
    for contact in after if was else ():
        released = contact.state is ContactState.RELEASED
        if contact.charges and was.get(contact.id, released) != released:
            found += [charge if released else replace(charge, units=-charge.units) for charge in contact.charges]
    return tuple(found)
