"""When a process is to end, and whether it may take its time."""

from __future__ import annotations

import asyncio
import signal
from dataclasses import dataclass, field

HURRY = signal.SIGUSR1
"""From the supervisor to its children: like SIGTERM, but without waiting for callers to leave. Ctrl-C means it."""


@dataclass(frozen=True, slots=True)
class Leave:
    """`asked`: end. `hurry`: do not wait for callers to leave by themselves (sets both)."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)

    def again(self) -> None:
        """SIGTERM: the first asks, the second hurries."""
        if self.asked.is_set():
            self.hurry.set()
        self.asked.set()

    def at_once(self) -> None:
        """Ctrl-C."""
        self.hurry.set()
        self.asked.set()

    def listen(self, *, ctrl_c: bool) -> None:
        """Takes the signals of this process; `ctrl_c` False leaves SIGINT to the supervisor."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.again)
        loop.add_signal_handler(HURRY, self.at_once)
        if ctrl_c:
            loop.add_signal_handler(signal.SIGINT, self.at_once)
