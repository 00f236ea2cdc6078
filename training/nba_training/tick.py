"""One run a tick among several trainers: who holds the lease works, the others wait, and take over when the holder dies.

A tick is done when its name stands in the state, or in the note of a step in the audit: that note is written in the same
atomic call as the step, so that no second promotion follows a trainer that dies right after its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from nba_server.errors import FailedPrecondition
from nba_training.lease import Leases, TrainerLease

FIELD = "tick"
_AUDITED = 200
_Result = TypeVar("_Result")


class Change(Protocol):
    """A line of the audit."""

    @property
    def note(self) -> str:
        """Why."""


class Audited(Protocol):
    """The registry's state and audit."""

    async def state(self) -> Mapping[str, str]:
        """The fields."""

    async def mark(self, field: str, value: str, *, expected: str, note: str = "", fence: int | None = None) -> bool:
        """Changes one."""

    async def audit(self, limit: int) -> Sequence[Change]:
        """The last changes."""


def named(note: str, tick: str) -> str:
    """The note of a step with its tick."""
    return f"{note} [{tick}]" if tick else note


async def done(artifacts: Audited, tick: str) -> bool:
    """Whether a trainer has run the tick."""
    if (await artifacts.state()).get(FIELD) == tick:
        return True
    return any(f"[{tick}]" in change.note for change in await artifacts.audit(_AUDITED))


async def in_turn(
    leases: Leases,
    artifacts: Audited,
    tick: str,
    work: Callable[[int], Awaitable[_Result]],
    *,
    ttl_ms: int,
    patience_s: float = 0.0,
) -> _Result | None:
    """Runs `work(fence)` unless the tick was run; None when another trainer ran it, or is still at it when patience ends.

    Without a tick it runs whenever the lease is free.
    """
    until = time.monotonic() + patience_s
    while True:
        async with TrainerLease(leases, ttl_ms=ttl_ms) as lease:
            if lease.fence is not None:
                if tick and await done(artifacts, tick):
                    return None
                result = await work(lease.fence)
                await _finish(artifacts, tick, lease.fence)
                return result
        if time.monotonic() >= until:
            return None
        await asyncio.sleep(ttl_ms / 3000)
        if tick and await done(artifacts, tick):
            return None


async def _finish(artifacts: Audited, tick: str, fence: int) -> None:
    if tick:
        with contextlib.suppress(FailedPrecondition):  # whoever has the lease now looks into the audit
            before = (await artifacts.state()).get(FIELD, "")
            await artifacts.mark(FIELD, tick, expected=before, fence=fence)
