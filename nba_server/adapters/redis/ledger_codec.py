"""Ledger entries as arrays, in the order that the scripts know by number.

A missing value is false, because nil inside an array would end it in Lua.
"""

from __future__ import annotations

from typing import Any

import msgpack

from nba_server.domain.engagement import Charge, Contact, ContactState, Direction, Reaction

_STATES = {state.value: state for state in ContactState}
_DIRECTIONS = {direction.value: direction for direction in Direction}
"""Looked up: calling an enumeration costs more than all the rest of a field."""


def contact_row(contact: Contact) -> tuple[Any, ...]:
    """One entry as `decide.lua` reads it."""
    return (
        contact.id,
        contact.at_ms,
        contact.expires_ms,
        contact.state.value,
        contact.channel,
        contact.direction.value,
        contact.class_,
        contact.group,
        contact.action,
        contact.weight,
        contact.decision_id,
        contact.treatment,
        contact.placement,
        contact.respond_until_ms,
        tuple(_reaction_row(reaction) for reaction in contact.reactions),
        int(contact.deferred),
        tuple((charge.cap, charge.units, charge.since_ms) for charge in contact.charges),
    )


def encode_ledger(ledger: tuple[Contact, ...]) -> bytes:
    """A ledger in its order; an empty one is empty."""
    if not ledger:
        return b""
    packed: bytes = msgpack.packb([contact_row(contact) for contact in ledger])
    return packed


def decode_ledger(blob: bytes) -> tuple[Contact, ...]:
    """The ledger of a record, written by Python or by a script."""
    return tuple(_contact(row) for row in msgpack.unpackb(blob)) if blob else ()


def _reaction_row(reaction: Reaction) -> tuple[Any, ...]:
    value = False if reaction.value is None else reaction.value
    return (reaction.type, reaction.at_ms, reaction.event_id, value, int(reaction.withdrawn), int(reaction.late))


def _contact(row: Any) -> Contact:
    return Contact(
        id=row[0],
        at_ms=row[1],
        expires_ms=row[2],
        state=_STATES[row[3]],
        channel=row[4],
        direction=_DIRECTIONS[row[5]],
        class_=row[6],
        group=row[7],
        action=row[8],
        weight=float(row[9]),  # a script writes 1.0 as 1
        decision_id=row[10],
        treatment=row[11],
        placement=row[12],
        respond_until_ms=row[13],
        reactions=tuple(_reaction(reaction) for reaction in row[14]),
        deferred=len(row) > 15 and bool(row[15]),  # rows of earlier versions end before these
        charges=tuple(Charge(*charge) for charge in row[16]) if len(row) > 16 else (),
    )


def _reaction(row: Any) -> Reaction:
    value = None if row[3] is None or row[3] is False else float(row[3])
    return Reaction(row[0], row[1], row[2], value, bool(row[4]), bool(row[5]))
