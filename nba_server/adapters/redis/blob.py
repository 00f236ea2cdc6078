"""Blobs of the store: msgpack, as the scripts read and write it.

Knows nothing of what is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

_PACKER = msgpack.Packer()
_SCRIPT_PACKER = msgpack.Packer(use_bin_type=False)
"""Kept: making one costs more than packing a row."""

_FIX_ARRAY, _ARRAY_16, _ARRAY_32 = 0x90, 0xDC, 0xDD
"""How an array of fewer than 16, 65,536 and more entries begins."""


def pack(value: Any) -> bytes:
    """A value of texts, numbers, bytes and lists."""
    packed: bytes = _PACKER.pack(value)
    return packed


def script_blob(value: Any) -> bytes:
    """A value as the scripts read it: texts and bytes alike are strings."""
    packed: bytes = _SCRIPT_PACKER.pack(value)
    return packed


def array_header(size: int) -> bytes:
    """What stands before the entries of an array."""
    if size < 16:
        return bytes((_FIX_ARRAY | size,))
    if size < 1 << 16:
        return bytes((_ARRAY_16,)) + size.to_bytes(2, "big")
    return bytes((_ARRAY_32,)) + size.to_bytes(4, "big")


def extended(blob: bytes, size: int, entries: Sequence[Any]) -> bytes:
    """An array of `size` entries with more behind them; those that are there are not looked at."""
    begin = {_ARRAY_16: 3, _ARRAY_32: 5}.get(blob[0], 1) if blob else 0
    return b"".join((array_header(size + len(entries)), blob[begin:], *map(pack, entries)))
