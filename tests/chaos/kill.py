"""Kills processes by their ids, on a schedule: workers, engines, background processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """What is killed every `every_s` seconds; `pids` gives the ids that run now."""

    name: str
    every_s: float
    pids: Callable[[], Sequence[int]]


@dataclass(slots=True)
class Killer:
    """Kills until it is stopped; `kills` counts by the target's name."""

    targets: Sequence[Target]
    kills: Counter[str] = field(default_factory=Counter)

    async def run(self, stop: asyncio.Event) -> None:
        """Each target in its own rhythm."""
        await asyncio.gather(*(self._keep_killing(target, stop) for target in self.targets))

    async def _keep_killing(self, target: Target, stop: asyncio.Event) -> None:
        turn = 0
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), target.every_s)
            if stop.is_set():
                return
            pids = sorted(target.pids())
            if pids and kill(pids[turn % len(pids)]):
                self.kills[target.name] += 1
            turn += 1


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Sends a signal; False when there is no such process any more."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
