"""The programs of a run: our server, its engine, the peers, the load. Each is pinned, and ended by its own process id."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from nba_server.bench import machine
from nba_server.errors import FailedPrecondition

START_S = 300.0
PATIENT = (*("--max-concurrency", "4096", "--max-wait", "60s", "--store-patience", "2s", "--max-connection-age", "0s"),)
"""What is measured is how fast answers are: a server that is slow here must be seen to be slow, and not refuse."""


class Program:
    """A child process with a log; `cores` binds it and what it starts."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        cores: Iterable[int],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = log
        self._cores = set(cores)
        with log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                command, stdout=output, stderr=output, cwd=folder, env=_plain() | dict(environment or {})
            )
        os.sched_setaffinity(self.process.pid, self._cores)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pids(self) -> list[int]:
        """The process and all that it started."""
        return machine.family(self.process.pid)

    def pin(self) -> None:
        """Binds every thread that runs by now; some libraries choose cores for themselves."""
        for pid in self.pids:
            machine.pin(pid, self._cores)

    def wait_for(self, ready: Callable[[], bool]) -> None:
        """Waits until it is ready. Raises `FailedPrecondition` with the end of its log, and leaves no process behind."""
        end = time.monotonic() + START_S
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise FailedPrecondition(f"{self.log.stem} did not start: {self.last_words()}")
            time.sleep(0.1)
        self.pin()

    def last_words(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-500:]

    def stop(self) -> None:
        """Asks it to end, by force when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                for pid in self.pids:  # what it started too: it would take the core from whatever is measured next
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.process.wait()


def _plain() -> dict[str, str]:
    """The environment without our own settings; numerical libraries use one thread, as everything has one core."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("NBA_")}
    return found | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def listens(port: int) -> bool:
    """Whether somebody answers at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def echo(folder: Path, cores: Iterable[int], *loop: str) -> tuple[Program, int]:
    """The empty call, and its port; `uvloop` for that event loop in place of asyncio's own."""
    port = free_port()
    command = [sys.executable, "-m", "nba_server.bench.peers.echo", str(port), *loop]
    program = Program(command, folder / f"echo{port}.log", cores)
    program.wait_for(lambda: listens(port))
    return program, port


@dataclass(frozen=True, slots=True)
class ServerSetup:
    """What our server is started with. `definition` is the model definition's file, `options` are further flags."""

    store: str
    catalog: Path
    definition: Path
    transport: str
    options: tuple[str, ...] = ()


def server(folder: Path, setup: ServerSetup, cores: Iterable[int], beside: Iterable[int]) -> tuple[Program, int]:
    """Our server with one worker, and its port. Its background process, which answers nothing, runs `beside` the store."""
    data = folder / "server"
    data.mkdir(parents=True, exist_ok=True)
    note = data / "server.json"
    note.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "nba_server", "serve", "--data", str(data), "--store", setup.store),
        *("--catalog", str(setup.catalog), "--definition", str(setup.definition), "--workers", "1"),
        *("--listen", "127.0.0.1:0", "--metrics", "", "--transport", setup.transport, *PATIENT, *setup.options),
    ]
    program = Program(command, folder / "server.log", cores)
    program.wait_for(note.exists)
    for pid in machine.running(program.pids, "nba_server.background"):
        machine.pin(pid, beside)
    return program, int(json.loads(note.read_text())["address"].rpartition(":")[2])


@dataclass(frozen=True, slots=True)
class Load:
    """The load generator. `calls` run it once; all figures are the generator's own JSON."""

    program: Path
    cores: frozenset[int]
    customers: int

    def calls(
        self,
        port: int,
        *,
        path: str = "/nba.v1.DecisionService/Decide",
        in_flight: int = 64,
        connections: int = 0,
        rate: float = 0.0,
        seconds: float = 3.0,
        seed: int,
        message: Path | None = None,
    ) -> dict[str, Any]:
        """Closed loop with `in_flight`, or open loop at `rate` a second. Raises `FailedPrecondition` when it cannot go on.

        Two connections where there is more than one call, unless `connections` says otherwise.
        """
        shape = (
            str(connections or min(2, in_flight)),
            str(in_flight),
            str(rate),
            str(seconds),
            str(self.customers),
            str(seed),
        )
        command = [str(self.program), "127.0.0.1", str(port), path, *shape, *([str(message)] if message else [])]
        done = subprocess.run(  # noqa: S603 - our own program
            command,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, self.cores),
        )
        if done.returncode:
            raise FailedPrecondition(f"The load generator gave up: {done.stderr.strip()}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found
