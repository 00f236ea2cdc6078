"""Kills processes by their ids, on a schedule: workers, engines, background processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Target:
    """What is killed every `every` seconds (or answers); `pids` gives the ids that run now."""

    name: str
    every: float
    pids: Callable[[], Sequence[int]]


@dataclass(slots=True)
class Killer:
    """Kills until it is stopped; `kills` counts by the target's name. `clock` tells seconds, or answers given so far."""

    targets: Sequence[Target]
    clock: Callable[[], float]
    kills: Counter[str] = field(default_factory=Counter)

    async def run(self, stop: asyncio.Event) -> None:
        """Each target in its own rhythm."""
        started, turns = self.clock(), [0] * len(self.targets)
        while not stop.is_set():
            for place, target in enumerate(self.targets):
                if self.clock() - started < target.every * (turns[place] + 1):
                    continue
                pids = sorted(target.pids())
                if pids and kill(pids[turns[place] % len(pids)]):
                    self.kills[target.name] += 1
                turns[place] += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL_S)


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Sends a signal; False when there is no such process any more."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
