"""Ledger entries as arrays, in the order that the scripts know by number: that of `Contact`'s fields.

A missing value is false, because nil inside an array would end it in Lua.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from nba_server.domain.contact_table import FIELDS, ContactTable, contact_row, rows_of
from nba_server.domain.engagement import Contact

__all__ = ["contact_row", "decode_ledger", "encode_ledger"]

_ADDED: tuple[Any, ...] = (0, ())
"""What rows of earlier versions, which are shorter, lack at their end."""


def encode_ledger(ledger: Sequence[Contact]) -> bytes:
    """A ledger in its order; an empty one is empty."""
    if not ledger:
        return b""
    packed: bytes = msgpack.packb(rows_of(ledger))
    return packed


def decode_ledger(blob: bytes) -> Sequence[Contact]:
    """The ledger of a record, written by Python or by a script."""
    rows: Any = msgpack.unpackb(blob) if blob else ()
    if any(len(row) < FIELDS for row in rows):
        rows = [(*row, *_ADDED[len(row) - FIELDS :]) if len(row) < FIELDS else row for row in rows]
    return ContactTable(rows)
