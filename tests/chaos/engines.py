"""The engines that proofs run on: embedded in the server, one server over TCP, a cluster of three masters with replicas.

What is started here is ended here, by its process id.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.fleet import until
from tests.clusters import Cluster, Server, engine_binary, free_ports, running_cluster

EMBEDDED, TCP, CLUSTER = "embedded", "tcp", "cluster"
REVIVE_S = 0.3


class TcpEngine:
    """One engine with a port, started again whenever it dies.

    `environment` adds variables (a preload library); `largest_file` in bytes makes writes fail with EFBIG behind it.
    """

    def __init__(
        self, folder: Path, *, durability: str = "always", environment: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.server = Server(folder, free_ports(1)[0], 0, {})
        self.server.options = {
            "port": self.server.port,
            "bind": "127.0.0.1",
            "dir": folder,
            "appendonly": "yes",
            "appendfsync": durability,
            "maxmemory-policy": "noeviction",
            "save": "",
            "logfile": folder / "log",
        }
        self.environment = dict(environment or {})
        self.largest_file = -1
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> TcpEngine:
        self._start()
        until(lambda: self.server.ask("PING").startswith("+PONG"), "the engine answers", 20)
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._keeper.join()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.server.port}"

    @property
    def pid(self) -> int:
        """Its process id; 0 while it is dead."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def limit_files(self, largest: int) -> None:
        """From now on no file grows beyond `largest` bytes (-1: no limit), also after a restart."""
        self.largest_file = largest
        if self.pid:
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def written(self) -> int:
        """Bytes of its largest file."""
        files = [path.stat().st_size for path in self.server.folder.rglob("*") if path.is_file()]
        return max(files, default=0)

    def _start(self) -> None:
        arguments = [str(part) for name, value in self.server.options.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [str(engine_binary()), *arguments],
            stdout=subprocess.DEVNULL,
            env=os.environ | self.environment,
            restore_signals=False,  # keeps SIGXFSZ ignored: a file too large is an error, not the end
        )
        if self.largest_file >= 0:
            self.limit_files(self.largest_file)

    def _keep(self) -> None:
        while not self._over.wait(REVIVE_S):
            if self._process is not None and self._process.poll() is not None:
                self.deaths += 1
                self._start()


@dataclass(slots=True)
class Backend:
    """An engine as a proof sees it. `url` is empty for the embedded one."""

    name: str
    url: str = ""
    tcp: TcpEngine | None = None
    cluster: Cluster | None = None
    options: dict[str, str] = field(default_factory=dict)


@contextmanager
def backend(name: str, folder: Path, *, strict: int = 0, durability: str = "always") -> Iterator[Backend]:
    """An engine of a kind, running."""
    if name == EMBEDDED:
        yield Backend(name, options={"durability": durability})
    elif name == TCP:
        with TcpEngine(folder / "engine", durability=durability) as engine:
            yield Backend(name, engine.url, tcp=engine)
    else:
        options: dict[str, Any] = {
            "appendfsync": durability,
            "min_replicas_to_write": strict,
            "enable_debug_command": "yes",
        }
        with running_cluster(folder / "cluster", **options) as cluster:
            more = {"strict": str(strict)} if strict else {}
            yield Backend(name, cluster.url, cluster=cluster, options=more)


def freeze(pid: int) -> None:
    """SIGSTOP."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """SIGCONT."""
    os.kill(pid, signal.SIGCONT)
