"""Adds up what happens to calls in plain numbers and tells the instruments some times a second.

Each touch of an instrument costs a lock and, with several workers, a mapped file: more than all else that a call passes.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter as Sums
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.registry import Collector

EVERY_S = 0.05
"""How late a page of several workers may be. Whoever reads this process's own registry reads what is true now."""


class BulkHistogram(Histogram):
    """A histogram that can be told many values at once."""

    def observe_all(self, values: Sequence[float]) -> None:
        """As `observe` for each of them."""
        self._sum.inc(sum(values))
        for place, times in Sums(bisect_left(self._upper_bounds, value) for value in values).items():
            self._buckets[place].inc(times)


class Tally(Collector):
    """Of one process and event loop; without a loop everything is told at once. The registry settles it before it is read."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sums: Sums[Counter | Gauge] = Sums()
        self._values: dict[BulkHistogram, list[float]] = {}
        self._settling: set[Callable[[], None]] = set()
        self._due = False
        registry.register(self)

    def add(self, instrument: Counter | Gauge, amount: float = 1) -> None:
        """Counts."""
        self._sums[instrument] += amount  # type: ignore[assignment]  # seconds may be counted too
        if not self._due:
            self._soon()

    def observe(self, histogram: BulkHistogram, value: float) -> None:
        """Takes note of a value."""
        values = self._values.get(histogram)
        if values is None:
            values = self._values[histogram] = []
        values.append(value)
        if not self._due:
            self._soon()

    def later(self, settle: Callable[[], None]) -> None:
        """`settle` is called when all is told: for what somebody else adds up."""
        self._settling.add(settle)
        if not self._due:
            self._soon()

    def settle(self) -> None:
        """Tells the instruments what has been added up."""
        self._due = False
        for settle in self._settling:
            settle()
        for instrument, amount in self._sums.items():
            if amount:
                instrument.inc(amount)
        for histogram, values in self._values.items():
            if values:
                histogram.observe_all(values)
                values.clear()
        self._settling.clear()
        self._sums.clear()

    def collect(self) -> Iterable[Metric]:
        """Nothing of its own."""
        self.settle()
        return ()

    def describe(self) -> Iterable[Metric]:
        """Nothing of its own."""
        return ()

    def _soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(EVERY_S, self.settle)
        except RuntimeError:
            self.settle()
        else:
            self._due = True
