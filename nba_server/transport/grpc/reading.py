"""How the bytes of a request become a message; what cannot be read is the caller's fault and is said so."""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.message import DecodeError, Message

from nba_server.errors import InvalidArgument, Violation

Read = Callable[[type[Message], bytes], Message]
"""Takes the message's class and the bytes. Raises `InvalidArgument`."""


def read_binary(message_class: type[Message], data: bytes) -> Message:
    """A message from protobuf's binary form."""
    try:
        return message_class.FromString(data)
    except DecodeError as fault:
        name = message_class.DESCRIPTOR.full_name
        raise InvalidArgument([Violation("request", f"is no {name}: the bytes cannot be parsed")]) from fault
