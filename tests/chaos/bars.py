"""What the figures of a row must be for its proof to hold: the bars of the proofs, and the floors of a whole run.

Knows figures only, not how they came about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure must be there, and be at least `least` and at most `most`. `of`: as a share of that other figure."""

    figure: str
    least: float | None = None
    most: float | None = None
    of: str = ""

    def broken(self, figures: Mapping[str, Any]) -> str:
        """How the figures miss it; empty when they do not."""
        value = self._value(figures)
        name = f"{self.figure} of {self.of}" if self.of else self.figure
        if value is None:
            return f"{name} was not measured"
        if self.least is not None and value < self.least:
            return f"{name} is {value:g}, less than {self.least:g}"
        if self.most is not None and value > self.most:
            return f"{name} is {value:g}, more than {self.most:g}"
        return ""

    def _value(self, figures: Mapping[str, Any]) -> float | None:
        value = figures.get(self.figure)
        if value is None or not self.of:
            return value
        return round(value / figures[self.of], 4) if figures.get(self.of) else None


def none_of(*figures: str) -> tuple[Bar, ...]:
    """Bars of figures that must be zero."""
    return tuple(Bar(figure, most=0) for figure in figures)


def some_of(*figures: str) -> tuple[Bar, ...]:
    """Bars of figures without which nothing was shown."""
    return tuple(Bar(figure, least=1) for figure in figures)


NOTHING_LOST = none_of("lost_decisions", "lost_outcomes")
ONCE = none_of("archive_duplicates", "double_effects", "unequal_answers", "rows_unlike_answers", "unexplained_rows")
EXACT = (*none_of("limit_violations"), *NOTHING_LOST, *ONCE)
"""What every load must leave behind, whatever happened to the processes."""
SERVED = (*EXACT, *none_of("refused_for_good"))
"""With clients that repeat what failed: nothing is refused for good either."""
BINDING = (Bar("met_a_limit", least=0.3, of="decisions"), Bar("raced_for_the_last_slot", least=0.1, of="decisions"))
"""Limits that nobody meets prove nothing."""

FLOORS = (
    Bar("decisions", least=100_000),
    Bar("kills", least=30),
    Bar("met_a_limit", least=0.3, of="decisions_under_limits"),
    Bar("raced_for_the_last_slot", least=0.1, of="decisions_under_limits"),
)
"""What a whole run must have done, in any size. Failovers have their own in each mode's row."""


def broken(bars: Iterable[Bar], figures: Mapping[str, Any]) -> list[str]:
    """What is missed, in words."""
    return [words for bar in bars if (words := bar.broken(figures))]


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all rows that were run did together."""
    ran = [row["figures"] for row in rows if row["figures"] is not None]
    limited = [figures for figures in ran if figures.get("met_a_limit")]
    return {
        "decisions": sum(figures.get("decisions", 0) for figures in ran),
        "kills": sum(sum(figures["kills"].values()) for figures in ran),
        "decisions_under_limits": sum(figures["decisions"] for figures in limited),
        "met_a_limit": sum(figures["met_a_limit"] for figures in limited),
        "raced_for_the_last_slot": sum(figures["raced_for_the_last_slot"] for figures in limited),
    }
