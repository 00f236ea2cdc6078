"""`nba serve` as people run it: a process of its own, started, waited for, watched and ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MINIMAL = Path(__file__).parents[2] / "examples" / "minimal"
START_S = 90.0
PATIENT = ("--store-patience", "2s")
"""For tests in which no call may fail: a disk that stalls for a moment is no fault of the server."""


def command(data: Path, *more: str) -> list[str]:
    """The command line of a server on free ports."""
    return [
        *(sys.executable, "-m", "nba_server", "serve", "--data", str(data), "--catalog", str(MINIMAL)),
        *("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--log-format", "json", *more),
    ]


class Supervised:
    """A running `nba serve`; its log is in `log`."""

    def __init__(self, data: Path, *more: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.log = data / "log.jsonl"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command(data, *more), stdout=log, stderr=log, env=environment())
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        file = self.data / "server.json"
        self.until(lambda: self._noted(file), "it is ready", START_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    @property
    def address(self) -> str:
        """Where it listens."""
        return str(self.facts["address"])

    def stop(self) -> int:
        """Asks it to end and gives its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def metrics(self) -> dict[str, float]:
        """The metrics page: series -> value."""
        with urllib.request.urlopen(self.facts["metrics"], timeout=10) as page:
            lines = [line for line in page.read().decode().splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def children(self, module: str = "") -> dict[int, str]:
        """Process ids of its children (of one module) with their command lines."""
        return {
            pid: line
            for pid, line in ((pid, command_line(pid)) for pid in children_of(self.process.pid))
            if module in line
        }

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The log's entries with a message."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [entry for entry in map(json.loads, lines) if entry.get("message") == message]

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """Waits for something that must happen, and shows the log when it does not."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"not in {seconds} s: {what}\n{self.log.read_text()}")
            time.sleep(0.02)

    def _noted(self, file: Path) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}\n{self.log.read_text()}")
        if not file.exists():
            return False
        self.facts = json.loads(file.read_text())
        return bool(self.facts["pid"] == self.process.pid)


def environment() -> dict[str, str]:
    """The environment without settings of the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NBA_")}


def children_of(parent: int) -> list[int]:
    """Process ids of the direct children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


def command_line(pid: int) -> str:
    """A process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
