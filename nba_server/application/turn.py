"""Which try of a call a commit belongs to: a record only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One try to commit a decision: its name (see `Attempt`), until when it holds, and whether it is the `last` one.

    The last one takes what is left, even if deciding once more might find more.
    """

    attempt: str
    valid_until_ms: int
    last: bool
