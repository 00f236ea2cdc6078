"""Values and moments: attributes, live context, timestamps."""

from __future__ import annotations

from collections.abc import Mapping

from google.protobuf.timestamp_pb2 import Timestamp

from nba_server.domain.profile import Scalar
from nba_server.pb import value_pb2


def scalar(value: value_pb2.Value) -> Scalar | None:
    """The value as sent; None when no kind is set, which says "unknown". Moments are milliseconds."""
    match value.WhichOneof("kind"):
        case "text":
            return value.text
        case "number":
            return value.number
        case "integer":
            return value.integer
        case "flag":
            return value.flag
        case "texts":
            return tuple(value.texts.items)
        case "time":
            return milliseconds(value.time)
    return None


def scalars(values: Mapping[str, value_pb2.Value]) -> dict[str, Scalar]:
    """The values that are set, by name."""
    found = {name: scalar(value) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def to_value(value: Scalar, *, time: bool = False) -> value_pb2.Value:
    """A scalar as a message; `time` says that an integer is a moment in milliseconds."""
    if isinstance(value, bool):
        return value_pb2.Value(flag=value)
    if isinstance(value, str):
        return value_pb2.Value(text=value)
    if isinstance(value, int):
        return value_pb2.Value(time=_moment(value)) if time else value_pb2.Value(integer=value)
    if isinstance(value, float):
        return value_pb2.Value(number=value)
    return value_pb2.Value(texts=value_pb2.TextList(items=value))


def milliseconds(moment: Timestamp) -> int:
    """Milliseconds since 1970 UTC; 0 for an empty timestamp."""
    return int(moment.seconds) * 1000 + int(moment.nanos) // 1_000_000


def timestamp(ms: int) -> Timestamp | None:
    """The inverse; None for 0, which means open or not set."""
    return _moment(ms) if ms else None


def _moment(ms: int) -> Timestamp:
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)
