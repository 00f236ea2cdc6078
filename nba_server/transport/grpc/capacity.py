"""How many calls may be in flight, by how fast they are answered and how long their callers can wait.

By Little's law a new call waits for about (calls in flight) x (time that one call takes of the server). Pure: times go in.
"""

from __future__ import annotations

from math import exp

WEIGHT = 0.05
"""How much the newest call counts in the average."""
ENOUGH = 16
"""With fewer calls served nothing is known yet: a cold process is slow at first, and neighbours who went make one call look so.
Up to then all count alike."""
FEWEST = 8
"""So many are always admitted: with fewer in flight nothing can be learned."""
USABLE = 0.6
"""The share of a caller's remaining time that the answer may take; the rest is for its way back."""

MEMORY_S = 1.0
"""How long a refusal counts as somebody who will come back."""
SHORTEST_RETRY_S, LONGEST_RETRY_S = 0.02, 2.0


class Capacity:
    """`most` bounds the calls in flight whatever the times; `longest_s` is the wait that a caller without deadline has.

    `arrived` counts all calls so far, admitted or not.
    """

    def __init__(self, most: int, longest_s: float) -> None:
        self._most = most
        self._longest_s = longest_s
        self._share_s = 0.0
        self._served = 0
        self._refused, self._refused_at = 0.0, 0.0
        self.in_flight = 0
        self.arrived = 0

    def admits(self, seconds_left: float | None) -> bool:
        """Whether a call with so much time left will be answered in time."""
        if not self.has_room:
            return False
        if self._served < ENOUGH:
            return True
        if self.in_flight < FEWEST and (seconds_left is None or seconds_left > self._share_s):
            return True
        wait_s = self._longest_s if seconds_left is None else min(self._longest_s, seconds_left * USABLE)
        return (self.in_flight + 1) * self._share_s <= wait_s

    @property
    def has_room(self) -> bool:
        """Whether one more is allowed at all."""
        return self.in_flight < self._most

    @property
    def limit(self) -> int:
        """How many calls without deadline may be in flight now."""
        if self._served < ENOUGH or not self._share_s:
            return self._most
        return max(min(FEWEST, self._most), min(self._most, int(self._longest_s / self._share_s)))

    def refused(self, now_s: float) -> float:
        """Counts a refusal; gives when to come back: behind what is in flight and whoever was refused shortly before."""
        self._refused = 1.0 + self._refused * exp((self._refused_at - now_s) / MEMORY_S)
        self._refused_at = now_s
        return min(LONGEST_RETRY_S, max(SHORTEST_RETRY_S, (self.in_flight + self._refused) * self._share_s))

    def began(self) -> int:
        """Counts a call in; gives how many are in flight with it."""
        self.in_flight += 1
        return self.in_flight

    def ended(self, seconds: float, crowd: int, *, served: bool) -> None:
        """Counts a call out. `crowd` is what `began` gave; only what was `served` says how fast the server is.

        The crowd counts as the mean of when it came and when it goes: of calls that come at the same moment the first one
        finds nobody, and still waits for all.
        """
        share = 2.0 * seconds / (crowd + max(1, self.in_flight))
        self.in_flight -= 1
        if served:
            self._served += 1
            self._share_s += max(WEIGHT, 1.0 / self._served) * (share - self._share_s)
