"""Values inside journal entries, both ways: scalars of the context, features, moments.

Types are kept exactly: an integer comes back an integer, a number a number.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.timestamp_pb2 import Timestamp

from nba_server.domain.profile import Scalar
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2, value_pb2


def scalar_value(value: Scalar) -> value_pb2.Value:
    """A scalar as a message. Integers must fit 64 bits."""
    if isinstance(value, bool):
        return value_pb2.Value(flag=value)
    if isinstance(value, str):
        return value_pb2.Value(text=value)
    if isinstance(value, int):
        return value_pb2.Value(integer=value)
    if isinstance(value, float):
        return value_pb2.Value(number=value)
    return value_pb2.Value(texts=value_pb2.TextList(items=value))


def value_scalar(value: value_pb2.Value) -> Scalar | None:
    """The scalar of a message; None when its kind is unset."""
    match value.WhichOneof("kind"):
        case "flag":
            return value.flag
        case "text":
            return value.text
        case "integer":
            return value.integer
        case "number":
            return value.number
        case "texts":
            return tuple(value.texts.items)
        case "time":
            return value.time.seconds * 1000 + value.time.nanos // 1_000_000
    return None


def context_of(values: Mapping[str, value_pb2.Value]) -> dict[str, Scalar]:
    """The live context in the order of its names; unset values are absent."""
    found = {key: value_scalar(values[key]) for key in sorted(values)}
    return {key: value for key, value in found.items() if value is not None}


def feature_entry(columns: FeatureColumns) -> journal_pb2.FeatureEntry:
    """Features as used, untouched."""
    return journal_pb2.FeatureEntry(
        definition_hash=columns.definition_hash,
        shared_numbers=columns.shared_numbers,
        shared_texts=columns.shared_texts,
        pair_numbers=columns.pair_numbers,
        pair_texts=columns.pair_texts,
    )


def feature_columns(entry: journal_pb2.FeatureEntry) -> FeatureColumns:
    """Features read back."""
    return FeatureColumns(
        definition_hash=entry.definition_hash,
        shared_numbers=entry.shared_numbers,
        shared_texts=tuple(entry.shared_texts),
        pair_numbers=entry.pair_numbers,
        pair_texts=tuple(entry.pair_texts),
    )


def timestamp_of(ms: int) -> Timestamp | None:
    """Milliseconds as a message; None for 0, which means open."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000) if ms else None
