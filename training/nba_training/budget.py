"""The error budget of the gate: how much chance of a false promotion one run may take, so that a year of them takes 5 % at most.

The first judgement takes a quarter of the budget; each later one three quarters times the share of a year since the judgement
before, a quarter at most. Over any year the parts after the first add up to three quarters, so that by Bonferroni the budget
holds however the runs depend on each other, at any rhythm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from nba_server.errors import FailedPrecondition

FIELD = "judged_ms"
YEAR_MS = 365 * 86_400_000
LARGEST = 0.25


class State(Protocol):
    """Where the store keeps when a challenger was last judged."""

    async def state(self) -> Mapping[str, str]:
        """The fields."""

    async def mark(self, field: str, value: str, *, expected: str, note: str = "", fence: int | None = None) -> bool:
        """Changes one."""


def allowance(budget: float, last_ms: int | None, now_ms: int) -> float:
    """The chance of a false promotion that a judgement at `now_ms` may take."""
    if last_ms is None:
        return LARGEST * budget
    elapsed = max(0, now_ms - last_ms) / YEAR_MS
    return min(LARGEST, (1.0 - LARGEST) * elapsed) * budget


async def spend(state: State, budget: float, now_ms: int, fence: int) -> float:
    """Takes the allowance before anything is judged, so that a run that dies has taken it. Raises `FailedPrecondition`."""
    before = (await state.state()).get(FIELD, "")
    if not await state.mark(FIELD, str(now_ms), expected=before, fence=fence):
        raise FailedPrecondition("another run has judged meanwhile; nothing was published", reason="STALE_FENCE")
    return allowance(budget, int(before) if before else None, now_ms)
