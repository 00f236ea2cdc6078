"""Commands as the bytes that the engine reads: hiredis packs them, but for reads of a record, which are alike save the key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import hiredis

Argument = str | bytes | int | float
Command = tuple[Argument, ...]
"""One command with its arguments."""

_pack: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]  # its stub takes one argument


def packed(commands: Sequence[Command]) -> bytes:
    """All of them behind each other."""
    return b"".join([_read(one) if one[0] == "HMGET" else _pack(one) for one in commands])


def _read(command: Command) -> bytes:
    key, (head, tail) = str(command[1]).encode(), around_key(command[2:])
    return b"%b$%d\r\n%b\r\n%b" % (head, len(key), key, tail)


@lru_cache(maxsize=256)
def around_key(fields: Command) -> tuple[bytes, bytes]:
    """What comes before and behind the key of a read of these fields."""
    head, tail = _pack(("HMGET", "", *fields)).split(b"$0\r\n\r\n", 1)
    return head, tail
