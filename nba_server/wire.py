"""The one thing of protobuf's wire format that encoders of parts need: a length before bytes."""

from __future__ import annotations


def delimited(payload: bytes) -> bytes:
    """The payload behind its length as a varint, as an embedded message is written behind its tag."""
    length, prefix = len(payload), bytearray()
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + payload
