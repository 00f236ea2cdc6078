"""Reads a request from its JSON form, and names every field that is wrong instead of the first.

Knows messages by their descriptors only.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

import orjson
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from nba_server.errors import InvalidArgument, Violation

_DEPTH = 32
_WELL_KNOWN = "google.protobuf."
_CHARACTERS = 300


def read_json(message_class: type[Message], data: bytes) -> Message:
    """A message from JSON; fields may be named as in the proto files or in camelCase. Raises `InvalidArgument`."""
    name = message_class.DESCRIPTOR.full_name
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as fault:
        raise _refused("request", f"is no JSON: {fault}") from fault
    if not isinstance(document, dict):
        raise _refused("request", f"is no JSON object, as {name} needs it")
    message = message_class()
    try:
        return ParseDict(document, message, max_recursion_depth=_DEPTH)
    except (ParseError, ValueError, TypeError, AttributeError, RecursionError) as fault:
        unknown = [Violation(path, words) for path, words in _unknown(document, message.DESCRIPTOR, "", _DEPTH)]
        raise InvalidArgument(unknown or [Violation("request", f"is no {name}: {_words(fault)}")]) from fault


def _refused(field: str, words: str) -> InvalidArgument:
    return InvalidArgument([Violation(field, words)])


def _unknown(document: dict[str, Any], descriptor: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Every field that the message does not have, with its path and what may have been meant."""
    known = {name: field for field in descriptor.fields for name in (field.name, field.json_name)}
    for name, value in document.items():
        place = f"{path}.{name}" if path else name
        field = known.get(name)
        if field is None:
            yield place, f"is no field of {descriptor.full_name}{_meant(name, known)}"
        elif depth:
            for below, item in _below(field, value, place):
                yield from _unknown(item, _item_type(field), below, depth - 1)


def _below(field: FieldDescriptor, value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects in a field's value that are messages with fields of their own."""
    if field.message_type is None or _item_type(field).full_name.startswith(_WELL_KNOWN):
        return
    if field.message_type.GetOptions().map_entry:
        if isinstance(value, dict) and field.message_type.fields_by_name["value"].message_type is not None:
            yield from ((f"{place}.{key}", item) for key, item in value.items() if isinstance(item, dict))
    elif isinstance(value, list):
        yield from ((f"{place}[{number}]", item) for number, item in enumerate(value) if isinstance(item, dict))
    elif isinstance(value, dict):
        yield place, value


def _item_type(field: FieldDescriptor) -> Any:
    """The message that a field holds: for a map that of its values."""
    message = field.message_type
    assert message is not None
    if message.GetOptions().map_entry:
        return message.fields_by_name["value"].message_type or message
    return message


def _meant(name: str, known: dict[str, FieldDescriptor]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; its fields are {', '.join(sorted({field.json_name for field in known.values()}))}"


def _words(fault: Exception) -> str:
    """What the parser says, on one line and without its list of fields."""
    text = " ".join(str(fault).split())
    return text if len(text) <= _CHARACTERS else text[:_CHARACTERS] + "…"
