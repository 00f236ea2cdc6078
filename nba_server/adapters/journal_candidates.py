"""The candidates of a decision as bytes of `nba.v1.CandidateEntry`: what the catalogue knows is encoded once, numbers in one go.

There are fifty candidates a decision and more; as messages of their own they were the dearest part of the journal.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np

from nba_server.domain.candidate_table import CandidateTable
from nba_server.domain.catalog import Catalog
from nba_server.pb import decision_pb2, journal_pb2
from nba_server.wire import BYTES, DOUBLE, VARINT, tag, varint

_ENTRY, _FACTOR = journal_pb2.CandidateEntry, decision_pb2.PriorityFactors
_CANDIDATES = tag(journal_pb2.DecisionEntry, "candidates", BYTES)
_ROW = tag(_ENTRY, "row", VARINT)
PLAIN = {"propensity": 0, "priority": 4, "pick_probability": 5}
_LEARNING = PLAIN | {"evidence": 6, "trials": 7}
_FACTORS = {"propensity": 0, "context_weight": 1, "value": 2, "lever": 3}
"""Doubles of the entry and of its factors, with their columns of the table."""
_KEPT = 1024
"""Sets of candidates whose form is remembered."""

Set = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...], bool]
"""Placements, actions, treatments and rows of the candidates, and whether their exploration leaned on anything."""


class _Form:
    """The bytes of a set of candidates, with holes for their numbers."""

    def __init__(self, catalog: Catalog, chosen: Set) -> None:
        *columns, explored = chosen
        doubles = _LEARNING if explored else PLAIN
        self._columns = [*doubles.values(), *_FACTORS.values()]
        holes, size = candidate_numbers(doubles)
        text, places = bytearray(), []
        for placement, action, treatment, row in zip(*columns, strict=True):
            names = candidate_names(catalog, placement, action, treatment)
            last = _ROW + varint(row) if row else b""
            text += _CANDIDATES + varint(len(names) + len(size) + len(last)) + names
            places += [len(text) + hole for hole in holes]
            text += size + last
        self._text = np.frombuffer(bytes(text), dtype=np.uint8)
        self._places = (np.array(places, dtype=np.intp)[:, None] + np.arange(8)).ravel()

    def filled(self, table: CandidateTable) -> bytes:
        """With the table's numbers."""
        found = self._text.copy()
        found[self._places] = np.ascontiguousarray(table.numbers[:, self._columns], dtype="<f8").view(np.uint8).ravel()
        return found.tobytes()


class CandidateCodec:
    """Encodes the candidates of decisions of one catalogue after the other."""

    def __init__(self) -> None:
        self._catalog: Catalog | None = None
        self._forms: OrderedDict[Set, _Form] = OrderedDict()

    def encode(self, table: CandidateTable, catalog: Catalog) -> bytes:
        """The field `candidates` of a decision entry, ready to stand among its other fields."""
        if not len(table):
            return b""
        if catalog is not self._catalog:
            self._catalog = catalog
            self._forms.clear()
        explored = bool(table.numbers[:, 6:].any())
        chosen = (tuple(table.placements), tuple(table.actions), tuple(table.treatments), tuple(table.rows), explored)
        form = self._forms.get(chosen)
        if form is None:
            form = self._forms[chosen] = _Form(catalog, chosen)
            if len(self._forms) > _KEPT:
                self._forms.popitem(last=False)
        return form.filled(table)


def candidate_numbers(doubles: Mapping[str, int]) -> tuple[list[int], bytes]:
    """Where the doubles of an entry stand, and the entry's numbers with zeros in these places."""
    holes, text = [], bytearray()
    for name in doubles:
        text += tag(_ENTRY, name, DOUBLE)
        holes.append(len(text))
        text += bytes(8)
    tags = [tag(_FACTOR, name, DOUBLE) for name in _FACTORS]
    text += tag(_ENTRY, "factors", BYTES) + varint(sum(len(one) + 8 for one in tags))
    for one in tags:
        text += one
        holes.append(len(text))
        text += bytes(8)
    return holes, bytes(text)


def candidate_names(catalog: Catalog, placement: str, action: int, treatment: int) -> bytes:
    """The fields that the catalogue knows."""
    chosen = catalog.actions[action]
    entry = journal_pb2.CandidateEntry(placement=placement, action=chosen.id, treatment=chosen.treatments[treatment].id)
    setattr(entry, "class", chosen.class_)
    return entry.SerializeToString(deterministic=True)
