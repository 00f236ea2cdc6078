"""The two forms of messages on the wire, as connectrpc asks for them: both carry bytes through, so that parsing happens
behind the interceptors as it does for gRPC, and an answer's bytes stay as the store keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from connectrpc.codec import Codec
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from nba_server.transport.grpc.reading import Read, read_binary
from nba_server.transport.http.json_reading import read_json


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came, and how it is read."""

    data: bytes
    read: Read


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in protobuf's binary form, and what it is."""

    data: bytes
    message_class: type[Message]


class BinaryCodec(Codec[Answer, Any]):
    """`application/proto` and `application/grpc-web+proto`."""

    def name(self) -> str:
        """As in content types."""
        return "proto"

    def encode(self, message: Answer) -> bytes:
        """The bytes, untouched."""
        return message.data

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> Any:
        """The bytes, unread."""
        return Request(bytes(data), read_binary)


class JsonCodec(Codec[Answer, Any]):
    """`application/json`: protobuf's JSON form, field names in camelCase."""

    def name(self) -> str:
        """As in content types."""
        return "json"

    def encode(self, message: Answer) -> bytes:
        """The answer as compact JSON."""
        return to_json(message)

    def decode(self, data: bytes | bytearray, message_class: type[Any]) -> Any:
        """The bytes, unread."""
        return Request(bytes(data), read_json)


def to_json(answer: Answer) -> bytes:
    """Protobuf's JSON form; floats as short as they read back the same."""
    return orjson.dumps(MessageToDict(answer.message_class.FromString(answer.data)))
