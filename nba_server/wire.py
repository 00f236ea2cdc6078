"""The little of protobuf's wire format that encoders of parts need: tags, lengths before bytes, numbers."""

from __future__ import annotations

from functools import cache

VARINT, DOUBLE, BYTES = 0, 1, 2
"""Wire types: a number of variable length, 64 bits, and length-delimited."""
_SHORT = [bytes((number,)) for number in range(128)]


def varint(number: int) -> bytes:
    """A number that is not negative, seven bits a byte, the lowest first."""
    if number < 128:
        return _SHORT[number]
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def delimited(payload: bytes) -> bytes:
    """The payload behind its length, as an embedded message is written behind its tag."""
    return varint(len(payload)) + payload


@cache
def tag(message: type, field: str, kind: int) -> bytes:
    """What stands before a field of a message."""
    number: int = message.DESCRIPTOR.fields_by_name[field].number  # type: ignore[attr-defined]
    return varint(number << 3 | kind)
