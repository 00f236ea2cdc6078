"""How long a prompt answer is waited for, by what the store needed lately: a slow disk is not a dead store.

Pure: seconds go in, seconds come out.
"""

from __future__ import annotations

from collections import deque

WINDOW = 512
KNOWN_AFTER = 64
"""Fewer answers say nothing yet; the ceiling holds until then."""
ROOM = 4.0
"""How much slower than all but 1 % of the answers one may be before it counts as silence."""
_EVERY = 32


class Patience:
    """`seconds` lies between `floor_s` and `ceiling_s`; both are the operator's."""

    def __init__(self, floor_s: float, ceiling_s: float) -> None:
        self._floor_s = min(floor_s, ceiling_s)
        self._ceiling_s = ceiling_s
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._learned = 0
        self.seconds = ceiling_s

    def learn(self, seconds: float) -> None:
        """Takes note of one answer, a late one too."""
        self._recent.append(seconds)
        self._learned += 1
        if self._learned < KNOWN_AFTER or self._learned % _EVERY:
            return
        slowest = sorted(self._recent)[-(len(self._recent) // 100 + 1)]
        self.seconds = min(self._ceiling_s, max(self._floor_s, ROOM * slowest))
