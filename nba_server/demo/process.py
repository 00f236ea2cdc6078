"""Starts and stops `nba serve` for the demo, and waits until it is ready to answer."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from nba_server.errors import FailedPrecondition

START_S = 180.0
STOP_S = 30.0


class ServerProcess:
    """`nba serve` on a replay store as a child process; its log goes to a file in the data folder."""

    def __init__(self, data: Path, catalogue: Path, address: str, *flags: str) -> None:
        self.address = address
        self.log = data / "server.log"
        self._command = [
            *(sys.executable, "-m", "nba_server", "serve", "--replay"),
            *(
                "--data",
                str(data),
                "--catalog",
                str(catalogue),
                "--listen",
                address,
                "--metrics",
                "",
                *flags,
            ),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it and waits until it answers. Raises `FailedPrecondition`."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)  # noqa: S603 - our own command
        self._wait_until_ready()

    def kill(self) -> None:
        """Ends it as a power cut would: no drain, no goodbye. Its workers die with it, its engine lives on."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ends it gracefully; nothing happens when it has ended already."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)  # nobody else calls it, so nobody needs the long farewell of SIGTERM
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> int:
        """Blocks until the server ends."""
        assert self._process is not None
        return self._process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        with grpc.insecure_channel(self.address) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while not _serving(health):
                if self._process is not None and self._process.poll() is not None:
                    raise FailedPrecondition(
                        f"The server ended at its start; the end of {self.log}:\n{self._log_end()}"
                    )
                if time.monotonic() > deadline:
                    raise FailedPrecondition(f"The server was not ready after {START_S:.0f} s; see {self.log}")
                time.sleep(0.1)

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])


def _serving(health: health_pb2_grpc.HealthStub) -> bool:
    try:
        answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
    except grpc.RpcError:
        return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def free_address(preferred: int = 50051) -> str:
    """127.0.0.1 with the preferred port when nobody has it, else with a free one."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return f"127.0.0.1:{probe.getsockname()[1]}"
    raise FailedPrecondition("There is no free port on 127.0.0.1.")
