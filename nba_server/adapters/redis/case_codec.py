"""Matters as they are stored: short rows of the open ones for decisions, and the case file with all words.

Msgpack rows in the order of the domain's fields.
"""

from __future__ import annotations

from typing import Any

import msgpack

from nba_server.domain.activity import Purchase
from nba_server.domain.case_file import CaseFile, EndedCase
from nba_server.domain.matter import Closing, Entry, Matter, MatterKind, OpenMatter
from nba_server.domain.purchase import KeptPurchase


def encode_open(matters: tuple[OpenMatter, ...]) -> bytes:
    """The open matters in their order; none are empty."""
    return _pack([(m.id, m.rule, m.kind.value, m.since_ms, m.until_ms) for m in matters]) if matters else b""


def decode_open(blob: bytes) -> tuple[OpenMatter, ...]:
    """The open matters of a record."""
    rows = msgpack.unpackb(blob) if blob else ()
    return tuple(OpenMatter(row[0], row[1], MatterKind(row[2]), *row[3:]) for row in rows)


def encode_file(file: CaseFile) -> bytes:
    """A case file; one without anything in it is empty."""
    if file == CaseFile():
        return b""
    return _pack(
        (
            [_matter_row(matter) for matter in file.matters],
            file.recent,
            dict(file.latest),
            [(ended.case_id, *_closing_row(ended.closing)) for ended in file.ended],
            [_purchase_row(known) for known in file.purchases],
        )
    )


def decode_file(blob: bytes) -> CaseFile:
    """The case file of a record."""
    if not blob:
        return CaseFile()
    matters, recent, latest, ended, purchases = msgpack.unpackb(blob)
    return CaseFile(
        matters=tuple(_matter(row) for row in matters),
        recent=tuple(recent),
        latest=latest,
        ended=tuple(EndedCase(row[0], Closing(*row[1:])) for row in ended),
        purchases=tuple(_purchase(row) for row in purchases),
    )


def _matter_row(matter: Matter) -> tuple[Any, ...]:
    return (
        matter.id,
        matter.rule,
        matter.kind.value,
        matter.case_id,
        matter.lasts_ms,
        [_entry_row(entry) for entry in matter.entries],
        [_closing_row(closing) for closing in matter.closings],
    )


def _matter(row: Any) -> Matter:
    entries = tuple(Entry(*entry) for entry in row[5])
    return Matter(row[0], row[1], MatterKind(row[2]), row[3], row[4], entries, tuple(Closing(*c) for c in row[6]))


def _entry_row(entry: Entry) -> tuple[Any, ...]:
    said = (entry.at_ms, entry.key, entry.by, entry.channel, entry.text)
    return (*said, entry.category, entry.measure, entry.score, entry.opens)


def _purchase_row(known: KeptPurchase) -> tuple[Any, ...]:
    bought = known.purchase
    money = (bought.value, dict(bought.value_by_category), dict(bought.value_by_product))
    return (bought.id, bought.occurred_ms, *money, bought.channel, known.returned, known.heard, known.told)


def _purchase(row: Any) -> KeptPurchase:
    return KeptPurchase(Purchase(*row[:6]), *row[6:])


def _closing_row(closing: Closing) -> tuple[Any, ...]:
    return (closing.at_ms, closing.by, closing.note)


def _pack(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value)
    return packed
