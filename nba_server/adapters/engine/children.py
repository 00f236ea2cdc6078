"""Makes children of the engine nice: one that rewrites the file works for many seconds, and its store and decisions go first.

A child has the engine's weight otherwise: where they share a processor, decisions get half of what they are used to.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from nba_server.adapters.engine.liveness import ProcessMark

YIELDS = 10
"""How nice they are: a tenth of a processor that the engine wants for itself, and all that it leaves."""
_EVERY_S = 0.1


class NiceChildren:
    """A thread that looks for children of the process that is told at the time; nothing where the system does not name them."""

    def __init__(self, engine: Callable[[], ProcessMark]) -> None:
        self._engine = engine
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="engine-children", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Looks no more. Safe to call twice."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_S):
            engine = self._engine()
            children = _children(engine.pid)
            if children and engine.alive():  # and not somebody who was given its number
                for child in children:
                    _yield(child)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []


def _yield(pid: int) -> None:
    with contextlib.suppress(OSError):  # it has ended, or somebody else is in charge of it
        if os.getpriority(os.PRIO_PROCESS, pid) < YIELDS:
            os.setpriority(os.PRIO_PROCESS, pid, YIELDS)
