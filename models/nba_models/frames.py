"""Frames between the canary and its helper: a length, then that many bytes."""

from __future__ import annotations

import struct
from typing import IO

_LENGTH = struct.Struct("<Q")


def send(stream: IO[bytes], payload: bytes) -> None:
    """Writes one frame."""
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """Reads one frame. Raises `EOFError` when the other side is gone."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], count: int) -> bytes:
    payload = stream.read(count)
    if len(payload) < count:
        raise EOFError("the other side is gone")
    return payload
