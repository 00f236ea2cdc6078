"""The servers of a proof, as people run them: `nba serve` in processes of its own, over one of the engines.

Everything is ended by the process ids that were started here.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_S = 90.0


class Server:
    """One `nba serve` with its workers, its background process and, when it has no store's address, its engine."""

    def __init__(
        self,
        data: Path,
        catalog: Path,
        *,
        store: str = "",
        workers: int = 2,
        options: Mapping[str, str] | None = None,
    ) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.facts: dict[str, Any] = {}
        chosen = {"metrics": "off", **(options or {})}
        self._command = [
            *(sys.executable, "-m", "nba_server", "serve", "--data", str(data), "--catalog", str(catalog)),
            *("--listen", "127.0.0.1:0", "--log-format", "json"),
            *("--workers", str(workers), *(("--store", store) if store else ())),
            *(part for name, value in chosen.items() for part in (f"--{name.replace('_', '-')}", value)),
        ]
        self.process = self._start()

    def __enter__(self) -> Self:
        self.wait_ready()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where it listens."""
        return str(self.facts["address"])

    def wait_ready(self) -> None:
        """Waits until it answers."""
        until(self._noted, f"the server is ready; see {self.data / 'log.jsonl'}", START_S)

    def restart(self) -> None:
        """Starts it again on the same port after it was killed."""
        self._command[self._command.index("--listen") + 1] = self.address
        self.process = self._start()
        self.wait_ready()

    def stop(self) -> None:
        """Asks it to end; by force when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def workers(self) -> list[int]:
        """Process ids of the workers that run."""
        return children_of(self.process.pid, "nba_server.worker")

    def background(self) -> list[int]:
        """Process id of the background process, if it runs."""
        return children_of(self.process.pid, "nba_server.background")

    def engine(self) -> int:
        """Process id of its embedded engine; 0 while there is none."""
        try:
            pid = int(json.loads((self.data / "store" / "engine.json").read_text())["pid"])
        except (OSError, ValueError, KeyError):
            return 0
        return pid if alive(pid) else 0

    def logged(self, message: str) -> int:
        """How often its log has a message."""
        lines = (self.data / "log.jsonl").read_text(errors="replace").splitlines()
        return sum(f'"{message}"' in line for line in lines)

    def _start(self) -> subprocess.Popen[bytes]:
        (self.data / "server.json").unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NBA_")}
        with (self.data / "log.jsonl").open("ab") as log:
            return subprocess.Popen(self._command, stdout=log, stderr=log, env=environment)

    def _noted(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}; see {self.data / 'log.jsonl'}")
        try:
            self.facts = json.loads((self.data / "server.json").read_text())
        except (OSError, ValueError):
            return False
        return bool(self.facts["pid"] == self.process.pid)


def until(holds: Callable[[], bool], what: str, seconds: float) -> None:
    """Waits for something that must happen; raises AssertionError when it does not."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what}")
        time.sleep(0.02)


def children_of(parent: int, module: str) -> list[int]:
    """Process ids of the direct children that run a module."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            line = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z" and module.encode() in line:
            found.append(int(path.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
