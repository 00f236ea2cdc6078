"""The candidates of a decision as bytes of `nba.v1.CandidateEntry`: what the catalogue knows is encoded once, numbers in one go.

There are fifty candidates a decision and more; as messages of their own they were the dearest part of the journal.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.catalog import Catalog
from nba_server.pb import journal_pb2
from nba_server.wire import varint

_DOUBLE, _BYTES = 1, 2
"""Wire types: 64 bits, and length-delimited."""


def _tag(field: str, kind: int, message: type = journal_pb2.CandidateEntry) -> int:
    number: int = message.DESCRIPTOR.fields_by_name[field].number  # type: ignore[attr-defined]
    return number << 3 | kind


_FACTORS = ("propensity", "context_weight", "value", "lever")
_LAYOUT = [
    *(("propensity", _tag("propensity", _DOUBLE), 0), ("priority", _tag("priority", _DOUBLE), 4)),
    ("pick_probability", _tag("pick_probability", _DOUBLE), 5),
]
"""Doubles of the entry: name, tag, column of the table."""
_EXPLORED = [("evidence", _tag("evidence", _DOUBLE), 6), ("trials", _tag("trials", _DOUBLE), 7)]
_ENTRY = bytes((_tag("candidates", _BYTES, journal_pb2.DecisionEntry),))
_ROW = bytes((_tag("row", 0),))


def _record(*, explored: bool) -> tuple[np.dtype[np.void], np.ndarray[tuple[int], np.dtype[np.void]]]:
    """The form of a candidate's numbers on the wire, and one with all tags set."""
    doubles = _LAYOUT + (_EXPLORED if explored else [])
    form: list[tuple[str, str]] = [(part, kind) for name, _, _ in doubles for part, kind in _double(name)]
    form += [("factors_tag", "u1"), ("factors_size", "u1")]
    form += [(part, kind) for name in _FACTORS for part, kind in _double(f"factor_{name}")]
    filled = np.zeros(1, dtype=form)
    for name, tag, _ in doubles:
        filled[f"{name}_tag"] = tag
    filled["factors_tag"], filled["factors_size"] = _tag("factors", _BYTES), 9 * len(_FACTORS)
    for name in _FACTORS:
        filled[f"factor_{name}_tag"] = _tag(name, _DOUBLE, journal_pb2.CandidateEntry().factors.__class__)
    return filled.dtype, filled


def _double(name: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"{name}_tag", "u1"), (name, "<f8")


_PLAIN, _LEARNING = _record(explored=False), _record(explored=True)


class CandidateCodec:
    """Encodes the candidates of decisions of one catalogue after the other."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._known: dict[tuple[str, int, int, int, int], bytes] = {}

    def encode(self, table: CandidateTable, catalog: Catalog) -> bytes:
        """The field `candidates` of a decision entry, ready to stand among its other fields."""
        if catalog is not self._catalog:
            self._catalog, self._known = catalog, {}
        explored = bool(table.numbers[:, 6:].any())
        payload, size = _numbers(table, explored=explored)
        parts: list[bytes] = []
        columns = zip(table.placements, table.actions, table.treatments, table.rows, strict=True)
        for at, (placement, action, treatment, row) in enumerate(columns):
            last = _row(row)
            place = (placement, action, treatment, size, len(last))
            known = self._known.get(place)
            if known is None:
                known = self._known[place] = _known(catalog, placement, action, treatment, size + len(last))
            parts += (known, payload[at * size : (at + 1) * size], last)
        return b"".join(parts)


def _numbers(table: CandidateTable, *, explored: bool) -> tuple[bytes, int]:
    form, filled = _LEARNING if explored else _PLAIN
    found = np.repeat(filled, len(table))
    for name, _, column in _LAYOUT + (_EXPLORED if explored else []):
        found[name] = table.numbers[:, column]
    for column, name in enumerate(_FACTORS):
        found[f"factor_{name}"] = table.numbers[:, column]
    return found.tobytes(), form.itemsize


@cache
def _row(row: int) -> bytes:
    return _ROW + varint(row) if row else b""


def _known(catalog: Catalog, placement: str, action: int, treatment: int, rest: int) -> bytes:
    """Tag, length and the fields that the catalogue knows, for an entry whose other fields take `rest` bytes."""
    chosen = catalog.actions[action]
    entry = journal_pb2.CandidateEntry(placement=placement, action=chosen.id, treatment=chosen.treatments[treatment].id)
    setattr(entry, "class", chosen.class_)
    names = entry.SerializeToString(deterministic=True)
    return _ENTRY + varint(len(names) + rest) + names
