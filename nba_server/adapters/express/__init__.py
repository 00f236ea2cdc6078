"""The express lane: the common decision in one compiled pass over the stored records. Optional; the Python path is the reference.

`source/` is the compiled part, tables.py what it is given of a catalogue and a model, lane.py the port.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from nba_server.compiled_part import absence

FORM = 7
"""What the compiled part is given and gives; raised on both sides together, so that an old binary is not taken for a new one."""


def compiled() -> str:
    """Empty where the compiled part is there, else why it is not."""
    return absence(f"{__name__}._lane", FORM)


class Names(Protocol):
    """The names that every decision needs; adapters/redis/identity.py says what they are."""

    def reference(self, named: str) -> str:
        """The reference of `kind:id`."""

    def request_key(self, caller: str, ref: str, request_id: str) -> str:
        """The key of a request."""

    def seed(self, request_key: str) -> int:
        """The seed of a decision."""


def compiled_names(secret: bytes, seed_key: bytes) -> Names | None:
    """Compiled names under a store's secret and seed; None where nothing is compiled."""
    if compiled():
        return None
    names: Names = import_module(f"{__name__}._lane").Names(secret, seed_key)
    return names
