"""A ledger as rows of plain values; a contact is made a record when it is asked for.

A decision reads a few fields of twenty contacts and more, and keeps none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from nba_server.domain.engagement import Charge, Contact, ContactState, Direction, Reaction

Row = Sequence[Any]
"""One contact: the fields of `Contact` in their order. State and direction are letters; reactions and charges are rows too, and
a reaction without a value may have False there."""

FIELDS = len(Contact.__slots__)

_STATES = {state.value: state for state in ContactState}
_DIRECTIONS = {direction.value: direction for direction in Direction}
"""Looked up: calling an enumeration costs more than all the rest of a field."""


class ContactTable(Sequence[Contact]):
    """Contacts by position, oldest first. `rows` must not be changed."""

    __slots__ = ("_made", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._made: list[Contact] | None = None

    @property
    def reacted(self) -> bool:
        """Whether anything was heard of any contact."""
        return any(row[14] for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Contact: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Contact]: ...
    def __getitem__(self, place: int | slice) -> Contact | Sequence[Contact]:
        return self._contacts()[place]

    def __iter__(self) -> Iterator[Contact]:
        return iter(self._contacts())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ContactTable({self._contacts()!r})"

    def _contacts(self) -> list[Contact]:
        if self._made is None:
            self._made = [contact_of(row) for row in self.rows]
        return self._made


def rows_of(ledger: Sequence[Contact]) -> Sequence[Row]:
    """The rows of any ledger."""
    return ledger.rows if isinstance(ledger, ContactTable) else [contact_row(contact) for contact in ledger]


def reacted(ledger: Iterable[Contact]) -> bool:
    """Whether anything was heard of any contact."""
    return ledger.reacted if isinstance(ledger, ContactTable) else any(contact.reactions for contact in ledger)


def contact_row(contact: Contact) -> tuple[Any, ...]:
    """A contact as a row. A missing value is False, because nil inside an array would end it in Lua."""
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


def _reaction_row(reaction: Reaction) -> tuple[Any, ...]:
    value = False if reaction.value is None else reaction.value
    return (reaction.type, reaction.at_ms, reaction.event_id, value, int(reaction.withdrawn), int(reaction.late))


def contact_of(row: Row) -> Contact:
    """The record of a row."""
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
        reactions=reactions_of(row),
        deferred=bool(row[15]),
        charges=tuple(Charge(*charge) for charge in row[16]),
    )


def reactions_of(row: Row) -> tuple[Reaction, ...]:
    """The reactions of a row, as records."""
    return tuple(_reaction(reaction) for reaction in row[14])


def _reaction(row: Row) -> Reaction:
    value = None if row[3] is None or row[3] is False else float(row[3])
    return Reaction(row[0], row[1], row[2], value, bool(row[4]), bool(row[5]))
