"""The package's threads that write answers, and when they may interrupt the event loop: always, but for crowds.

In a crowd such a thread would take the core from the loop for each answer that it is given and send every one of
a batch alone, at the price of two changes of thread and a packet each: a sixth of all that a decision costs. With few calls there
is nothing to put together, and a thread that waits until the core is free waits for whoever else is at work there too.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

WRITER = "grpc-native-io"
"""The package's threads that read and write."""
CALM = 16
"""After so many looks in a row that found no crowd it is over: between two batches of one there may be few for a moment."""


class Writers:
    """Those that this process has at the first crowd. Only Linux knows threads that do not interrupt; elsewhere nothing
    happens, and nothing to threads that the operator has given another policy."""

    def __init__(self) -> None:
        self._threads: list[int] | None = None
        self._calm = CALM
        self._patient = False

    def look(self, *, crowded: bool) -> None:
        """What was found now."""
        self._calm = 0 if crowded else self._calm + 1
        patient = self._calm < CALM
        if patient is self._patient:
            return
        self._patient = patient
        if self._threads is None:
            self._threads = _threads()
        for thread in self._threads:
            with contextlib.suppress(OSError):  # it has ended, or may not be changed
                os.sched_setscheduler(thread, os.SCHED_BATCH if patient else os.SCHED_OTHER, os.sched_param(0))


def _threads() -> list[int]:
    found: list[int] = []
    if not hasattr(os, "SCHED_BATCH"):
        return found
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            number = int(task.name)
            if (task / "comm").read_text().startswith(WRITER) and os.sched_getscheduler(number) == os.SCHED_OTHER:
                found.append(number)
    return found
