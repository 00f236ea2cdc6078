"""How often decisions are looked at closer: by count, and on a busy server no oftener than on a brisk one.

A closer look takes the processor for some milliseconds, in which every call of the process waits. So soon after each other that
one call in a hundred meets one, looks would be what the slowest answers are made of.
"""

from __future__ import annotations

import time
from collections.abc import Callable

BRISK = 1_000
"""Decisions a second of one process. Every how many of them one is looked at is counted at this rate where there are more."""


class Pace:
    """Keeps closer looks apart in time where they are for every thousandth decision or less often; others are not held back."""

    def __init__(self, every: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = every / BRISK if every >= BRISK else 0.0
        self._clock = clock
        self._next = 0.0

    def ready(self) -> bool:
        """Whether the last look is long enough ago."""
        return not self._pause_s or self._clock() >= self._next

    def looked(self) -> None:
        """Now."""
        self._next = self._clock() + self._pause_s
