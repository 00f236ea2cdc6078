"""Which server of a cluster owns which slot, and in which slot a command's keys are.

Pure: replies of CLUSTER SLOTS go in. Addresses are `host:port`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from redis.crc import key_slot

from nba_server.adapters.redis.link import Argument, Command

SLOTS = 16384
_SCRIPTED = frozenset({"EVAL", "EVALSHA"})
_KEYLESS = frozenset({"TIME", "PING", "INFO", "CONFIG", "CLUSTER"})


def slot_of(command: Command) -> int | None:
    """The slot of a command's (first) key; None when any server can answer it."""
    name = command[0]
    if name in _SCRIPTED:
        return _slot(_text(command[3])) if command[2] else None
    if name == "XREAD":
        return _slot(_text(command[command.index("STREAMS") + 1]))
    return None if name in _KEYLESS else _slot(_text(command[1]))


def _text(key: Argument) -> str:
    return key.decode() if isinstance(key, bytes) else str(key)


def _slot(key: str) -> int:
    """By the hash tag where there is one."""
    opening = key.find("{")
    closing = key.find("}", opening + 1)
    return _hashed(key[opening + 1 : closing] if opening >= 0 and closing > opening + 1 else key)


@lru_cache(maxsize=4096)
def _hashed(tag: str) -> int:
    return int(key_slot(tag.encode()))


class SlotMap:
    """The owners as far as they are known."""

    def __init__(self) -> None:
        self._owners: list[str] = [""] * SLOTS

    @property
    def primaries(self) -> list[str]:
        """The servers that own slots, in order."""
        return sorted({owner for owner in self._owners if owner})

    def owner(self, slot: int | None) -> str:
        """The slot's owner, or any owner for None; empty when it is not known."""
        if slot is None:
            return next(iter(self.primaries), "")
        return self._owners[slot]

    def moved(self, slot: int, owner: str) -> None:
        """One slot has a new owner."""
        self._owners[slot] = owner

    def learn(self, told: Sequence[Any], asked: str) -> bool:
        """Takes over a reply of CLUSTER SLOTS of the server `asked`; True when an owner changed."""
        owners = [""] * SLOTS
        for first, last, primary, *_ in told:
            host = primary[0].decode() if primary[0] else asked.rpartition(":")[0]
            for slot in range(first, last + 1):
                owners[slot] = f"{host}:{primary[1]}"
        changed = owners != self._owners
        self._owners = owners
        return changed
