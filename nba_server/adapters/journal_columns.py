"""A column of the journal: one value for all rows, a few values with a byte a row, or a value each; both ways.

It knows `nba.v1.NumberColumn` and `TextColumn`, nothing of what stands in them. Numbers are told apart by their bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from struct import Struct

import numpy as np
import numpy.typing as npt

from nba_server.errors import NbaError
from nba_server.pb import journal_pb2
from nba_server.wire import BYTES, delimited, tag

MOST_NUMBERS, MOST_TEXTS = 16, 255
"""How many different values are said once each, with a byte a row, at the most. Numbers are looked for one by one."""
_VALUES, _PLACES, _FLOATS = (tag(journal_pb2.NumberColumn, name, BYTES) for name in ("values", "places", "floats"))
_LOW, _SMALLEST, _LARGEST = (1 << 29) - 1, 897, 1150
"""Bits of a double that a float has not, and the exponents that both have."""


class JournalUnreadable(NbaError):
    """A journal entry that is not what its place says."""

    reason = "JOURNAL_UNREADABLE"


def number_column(field: bytes, bits: bytes) -> bytes:
    """Doubles of at least one row as a field with this tag."""
    if bits == bits[:8] * (len(bits) // 8):
        return field + delimited(_values(bits[:8]))
    rows = len(bits) // 8
    most = min(MOST_NUMBERS, rows // 2)
    if len(set(_bits(most + 1).unpack_from(bits))) > most:  # as nearly always, if at all
        return field + delimited(_values(bits))
    found = _bits(rows).unpack(bits)
    order = {value: place for place, value in enumerate(dict.fromkeys(found))}
    if len(order) > most:
        return field + delimited(_values(bits))
    values, places = _bits(len(order)).pack(*order), bytes([order[value] for value in found])
    return field + delimited(_PLACES + delimited(places) + _values(values))


def _values(bits: bytes) -> bytes:
    """Doubles, as floats where all of them are exactly that."""
    if not int.from_bytes(bits[:4], "little") & _LOW:  # or the first one shows already that they are not
        found = np.frombuffer(bits, dtype="<u8")
        exponents = found >> 52 & 0x7FF
        like_zero = found << 1 == 0
        if (found & _LOW == 0).all() and ((exponents >= _SMALLEST) & (exponents <= _LARGEST) | like_zero).all():
            return _FLOATS + delimited(found.view("<f8").astype("<f4").tobytes())
    return _VALUES + delimited(bits)


@cache
def _bits(rows: int) -> Struct:
    return Struct(f"<{rows}Q")


@lru_cache(maxsize=1024)
def repeated_column(field: bytes, bits: bytes) -> bytes:
    """The same for numbers that come again in other decisions: some are remembered."""
    return number_column(field, bits)


def text_column(texts: Sequence[str]) -> journal_pb2.TextColumn:
    """Texts of at least one row."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len(places) == 1:
        return journal_pb2.TextColumn(texts=places)
    if len(places) > min(MOST_TEXTS, len(texts) // 2):
        return journal_pb2.TextColumn(texts=texts)
    return journal_pb2.TextColumn(texts=places, places=bytes([places[text] for text in texts]))


def texts_of(column: journal_pb2.TextColumn, rows: int) -> list[str]:
    """The text of each row. Raises `JournalUnreadable`."""
    texts = list(column.texts)
    if len(texts) == rows and not column.places:
        return texts
    return [texts[place] for place in _places(column.places, len(texts), rows)]


def numbers_of(column: journal_pb2.NumberColumn, rows: int) -> npt.NDArray[np.float64]:
    """The number of each row, to the last bit. Raises `JournalUnreadable`."""
    values = np.array(column.floats or column.values, dtype="<f8")
    if len(values) == rows and not column.places:
        return values
    return values[list(_places(column.places, len(values), rows))]


def _places(places: bytes, values: int, rows: int) -> Sequence[int]:
    if values == 1 and not places:
        return bytes(rows)
    if len(places) != rows or max(places, default=0) >= values:
        raise JournalUnreadable(f"a column of {values} values and {len(places)} places where {rows} rows are said")
    return places
