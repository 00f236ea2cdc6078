"""A decision's picks and features as bytes of `nba.v1.DecisionEntry`, beside its other fields.

What the catalogue's offers add to the features is the same for the same candidates, and is encoded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

import numpy as np

from nba_server.adapters.journal_columns import repeated_column, text_column
from nba_server.domain.decision import Pick
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2
from nba_server.wire import BYTES, DOUBLE, VARINT, delimited, tag, varint

_PICK, _FEATURES = (tag(journal_pb2.DecisionEntry, name, BYTES) for name in ("picks", "features"))
_CANDIDATE, _POSITION, _EXPLORED, _FALLBACK = (
    tag(journal_pb2.PickEntry, name, VARINT) for name in ("candidate", "position", "explored", "fallback")
)
_NUMBERS = tag(journal_pb2.FeatureEntry, "pair_number_columns", BYTES)
_ROWS = tag(journal_pb2.FeatureEntry, "rows", VARINT)
_CHANCE = Struct(f"<{len(_CANDIDATE)}sd")
_CHANCE_TAG = tag(journal_pb2.PickEntry, "pick_probability", DOUBLE)


def picks(chosen: Sequence[Pick]) -> bytes:
    """The field `picks`, in order of preference."""
    return b"".join([_PICK + delimited(_pick(pick)) for pick in chosen])


def _pick(pick: Pick) -> bytes:
    found = _CANDIDATE + varint(pick.candidate)
    if pick.position:
        found += _POSITION + varint(pick.position) + _CHANCE.pack(_CHANCE_TAG, pick.pick_probability)
    if pick.explored:
        found += _EXPLORED + b"\x01"
    return found + _FALLBACK + b"\x01" if pick.fallback else found


def features(columns: FeatureColumns, actions: tuple[str, ...] = ()) -> bytes:
    """The field `features`: raw values as used, untouched. `actions` are the ids of the rows' actions, where that is known."""
    shared = journal_pb2.FeatureEntry(
        definition_hash=columns.definition_hash,
        shared_numbers=columns.shared_numbers,
        shared_texts=columns.shared_texts,
    ).SerializeToString(deterministic=True)
    rows = _in_columns(columns, actions) if columns.rows else _by_row(columns.pair_numbers, columns.pair_texts)
    return _FEATURES + delimited(shared + rows)


def _in_columns(columns: FeatureColumns, actions: tuple[str, ...]) -> bytes:
    rows, size = columns.rows, 8 * columns.rows
    numbers = np.frombuffer(columns.pair_numbers, dtype="<f8").reshape(rows, -1).T.tobytes()
    parts = [repeated_column(_NUMBERS, numbers[at : at + size]) for at in range(0, len(numbers), size)]
    return _ROWS + varint(rows) + b"".join(parts) + _texts(columns.pair_texts, rows, actions)


@lru_cache(maxsize=1024)
def _texts(texts: tuple[str, ...], rows: int, actions: tuple[str, ...]) -> bytes:
    width = len(texts) // rows
    columns = [
        journal_pb2.TextColumn(actions=True) if texts[at::width] == actions else text_column(texts[at::width])
        for at in range(width)
    ]
    return journal_pb2.FeatureEntry(pair_text_columns=columns).SerializeToString(deterministic=True)


def _by_row(numbers: bytes, texts: tuple[str, ...]) -> bytes:
    """Of a scorer that does not say how many rows there are."""
    return journal_pb2.FeatureEntry(pair_numbers=numbers, pair_texts=texts).SerializeToString(deterministic=True)
