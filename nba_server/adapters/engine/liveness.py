"""Whether a process still is the one that was noted, and whether an engine answers on a socket.

A pid alone proves nothing, since the system gives it out again; pid and start time together do.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """A process: its id and its start time in the kernel's ticks (empty where there is no /proc)."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessMark:
        """The mark of a running process."""
        return cls(pid, _start_time(pid))

    def alive(self) -> bool:
        """Whether this very process still runs (a zombie does not)."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return False
        return _start_time(self.pid) == self.started

    def end(self, grace_s: float) -> None:
        """Ends the process: politely, and after `grace_s` by force. Returns when it is gone."""
        for signum, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 10.0)):
            if not self.alive():
                return
            os.kill(self.pid, signum)
            if self.wait(patience):
                return

    def wait(self, timeout_s: float) -> bool:
        """Waits until the process is gone; False when it still runs after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while self.alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_S)
        return True


def _start_time(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name may hold spaces and brackets
    return "" if fields[0] == "Z" else fields[19]


def ask(path: Path, command: str, timeout_s: float = 1.0, *, whole: bool = False) -> str:
    """The first line of the reply to an inline command (or the `whole` short reply); empty when nobody answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
            connection.sendall(command.encode() + b"\r\n")
            reply = connection.recv(4096).decode()
        except OSError:
            return ""
    return reply if whole else reply.partition("\r\n")[0]
