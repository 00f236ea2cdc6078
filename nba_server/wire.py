"""The little of protobuf's wire format that encoders of parts need: lengths before bytes."""

from __future__ import annotations


def varint(number: int) -> bytes:
    """A number that is not negative, seven bits a byte, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def delimited(payload: bytes) -> bytes:
    """The payload behind its length, as an embedded message is written behind its tag."""
    return varint(len(payload)) + payload
