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
LATELY = 16
LATE_ROOM = 2.0
"""A slowdown is believed at once: twice what the slowest of the last answers needed."""


class Patience:
    """Between `floor_s` and `ceiling_s`; both are the operator's."""

    def __init__(self, floor_s: float, ceiling_s: float) -> None:
        self._floor_s = min(floor_s, ceiling_s)
        self._ceiling_s = ceiling_s
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._lately: deque[float] = deque(maxlen=LATELY)
        self._learned = 0
        self._usual_s = ceiling_s

    @property
    def seconds(self) -> float:
        """How long to wait now."""
        lately = LATE_ROOM * max(self._lately, default=0.0)
        return min(self._ceiling_s, max(self._floor_s, self._usual_s, lately))

    def learn(self, seconds: float) -> None:
        """Takes note of one answer, a late one too."""
        self._recent.append(seconds)
        self._lately.append(seconds)
        self._learned += 1
        if self._learned >= KNOWN_AFTER and self._learned % _EVERY == 0:
            self._usual_s = ROOM * sorted(self._recent)[-(len(self._recent) // 100 + 1)]
