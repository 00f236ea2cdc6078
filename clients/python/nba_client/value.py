"""Python values to and from `nba.v1.Value`, and moments to and from timestamps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from google.protobuf.timestamp_pb2 import Timestamp

from nba_client.pb import value_pb2

Value: TypeAlias = str | bool | int | float | datetime | list[str] | tuple[str, ...] | set[str] | frozenset[str] | None
"""What an attribute or a context field may be. None says "unknown", which is a value too."""


def to_value(name: str, value: Value) -> value_pb2.Value:
    """Raises `ValueError` for a time without a zone, `TypeError` for anything that is no `Value`."""
    if value is None:
        return value_pb2.Value()
    if isinstance(value, bool):
        return value_pb2.Value(flag=value)
    if isinstance(value, str):
        return value_pb2.Value(text=value)
    if isinstance(value, int):
        return value_pb2.Value(integer=value)
    if isinstance(value, float):
        return value_pb2.Value(number=value)
    if isinstance(value, datetime):
        return value_pb2.Value(time=to_timestamp(name, value))
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str) for item in value):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return value_pb2.Value(texts=value_pb2.TextList(items=items))
    raise TypeError(f"{name}: a value is a str, bool, int, float, datetime, list of str or None, not {value!r}")


def to_values(name: str, values: Mapping[str, Value] | None) -> dict[str, value_pb2.Value]:
    """A map of values; `name` is for the error's text."""
    return {key: to_value(f"{name}[{key!r}]", value) for key, value in (values or {}).items()}


def from_value(message: Any) -> Value:
    """The Python value; None when the kind is unset."""
    kind = message.WhichOneof("kind")
    if kind is None:
        return None
    if kind == "texts":
        return list(message.texts.items)
    if kind == "time":
        return from_timestamp(message.time)
    return getattr(message, kind)  # type: ignore[no-any-return]  # text, number, integer or flag


def from_values(messages: Mapping[str, Any]) -> dict[str, Value]:
    """A map of Python values, sorted by name."""
    return {key: from_value(messages[key]) for key in sorted(messages)}


def to_timestamp(name: str, moment: datetime | None) -> Timestamp | None:
    """None stays None, which the server takes for "now"."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"{name}: a time needs a zone, e.g. datetime.now(UTC); {moment!r} has none")
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def from_timestamp(stamp: Timestamp) -> datetime:
    """The moment in UTC."""
    return stamp.ToDatetime(tzinfo=UTC)


def optional_moment(message: Any, field: str) -> datetime | None:
    """The moment of a field, None when it is unset."""
    return from_timestamp(getattr(message, field)) if message.HasField(field) else None


def texts(name: str, items: Iterable[str]) -> list[str]:
    """A list of texts; a single text is refused, since it would be taken for its letters."""
    if isinstance(items, str):
        raise TypeError(f"{name}: give a list of texts, e.g. [{items!r}]")
    return list(items)
