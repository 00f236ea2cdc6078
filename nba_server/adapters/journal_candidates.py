"""The candidates of a decision as bytes of `nba.v1.CandidateColumns`; reading them back is journal_entry.py.

There are fifty candidates a decision and more. What the catalogue knows of a set of them is encoded once, and so is a column of
numbers that comes again.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache

import numpy as np

from nba_server.adapters.journal_columns import number_column, repeated_column, text_column
from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.catalog import Catalog
from nba_server.pb import journal_pb2
from nba_server.wire import BYTES, delimited, tag

_COLUMNS = journal_pb2.CandidateColumns
_CANDIDATES = tag(journal_pb2.DecisionEntry, "candidates", BYTES)
_PROPENSITY, _CONTEXT, _VALUE, _LEVER, _PRIORITY, _CHANCE, _EVIDENCE, _TRIALS = (
    tag(_COLUMNS, name, BYTES)
    for name in (
        *("propensity", "context_weight", "value", "lever"),
        *("priority", "pick_probability", "evidence", "trials"),
    )
)
_KEPT = 1024
"""Sets of candidates that are remembered."""

Set = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]
"""Placements, actions, treatments and rows of the candidates."""


class CandidateSet:
    """What the catalogue knows of candidates, encoded. `actions` are their ids where each has the next row of the features, else
    empty.
    """

    def __init__(self, catalog: Catalog, chosen: Set) -> None:
        placements, actions, treatments, rows = chosen
        known = [catalog.actions[action] for action in actions]
        in_order = rows == tuple(range(len(rows)))
        self.actions = tuple(action.id for action in known) if in_order else ()
        names = _COLUMNS(
            count=len(rows),
            placement=text_column(placements),
            action=text_column([action.id for action in known]),
            treatment=text_column([a.treatments[place].id for a, place in zip(known, treatments, strict=True)]),
            rows=() if in_order else rows,
        )
        getattr(names, "class").CopyFrom(text_column([action.class_ for action in known]))
        self._names = names.SerializeToString(deterministic=True)

    def encode(self, table: CandidateTable) -> bytes:
        """The field `candidates` of a decision entry, with the table's numbers, ready to stand among its other fields."""
        if not len(table):
            return b""
        columns = np.ascontiguousarray(table.numbers.T, dtype="<f8")
        bits, size = columns.tobytes(), 8 * len(table)
        parts = [self._names, number_column(_PROPENSITY, bits[:size]), _worth(bits[size : 4 * size])]
        if np.multiply.reduce(columns[:4]).tobytes() != bits[4 * size : 5 * size]:
            parts.append(number_column(_PRIORITY, bits[4 * size : 5 * size]))
        parts.append(repeated_column(_CHANCE, bits[5 * size : 6 * size]))
        for field, column in ((_EVIDENCE, bits[6 * size : 7 * size]), (_TRIALS, bits[7 * size :])):
            if column != bytes(size):
                parts.append(number_column(field, column))
        return _CANDIDATES + delimited(b"".join(parts))


@lru_cache(maxsize=_KEPT)
def _worth(bits: bytes) -> bytes:
    """Context weight, value and lever, which are often the same for the same candidates."""
    size = len(bits) // 3
    columns = zip((_CONTEXT, _VALUE, _LEVER), range(0, len(bits), size), strict=True)
    return b"".join([number_column(field, bits[at : at + size]) for field, at in columns])


class CandidateCodec:
    """Knows the sets of candidates of one catalogue after the other."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._sets: OrderedDict[Set, CandidateSet] = OrderedDict()

    def known(self, table: CandidateTable, catalog: Catalog) -> CandidateSet:
        """The set that these candidates are."""
        if catalog is not self._catalog:
            self._catalog = catalog
            self._sets.clear()
        chosen = (tuple(table.placements), tuple(table.actions), tuple(table.treatments), tuple(table.rows))
        found = self._sets.get(chosen)
        if found is None:
            found = self._sets[chosen] = CandidateSet(catalog, chosen)
            if len(self._sets) > _KEPT:
                self._sets.popitem(last=False)
        return found
