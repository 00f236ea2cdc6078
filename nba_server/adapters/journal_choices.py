"""A decision's picks and features as bytes of `nba.v1.DecisionEntry`, beside its other fields.

What the catalogue's offers add to the features is the same for the same candidates, and is encoded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from struct import Struct

from nba_server.domain.decision import Pick
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2
from nba_server.wire import BYTES, DOUBLE, VARINT, delimited, tag, varint

_PICK, _FEATURES = (tag(journal_pb2.DecisionEntry, name, BYTES) for name in ("picks", "features"))
_CANDIDATE, _POSITION, _EXPLORED, _FALLBACK = (
    tag(journal_pb2.PickEntry, name, VARINT) for name in ("candidate", "position", "explored", "fallback")
)
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


def features(columns: FeatureColumns) -> bytes:
    """The field `features`: raw values as used, untouched."""
    entry = journal_pb2.FeatureEntry(
        definition_hash=columns.definition_hash,
        shared_numbers=columns.shared_numbers,
        shared_texts=columns.shared_texts,
        pair_numbers=columns.pair_numbers,
    ).SerializeToString(deterministic=True)
    return _FEATURES + delimited(entry + _texts(tuple(columns.pair_texts)))


@lru_cache(maxsize=1024)
def _texts(texts: tuple[str, ...]) -> bytes:
    return journal_pb2.FeatureEntry(pair_texts=texts).SerializeToString(deterministic=True)
