"""A small cluster of the bundled engine: three masters on loopback, for as long as a test needs it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nba_server.adapters.engine.binary import find_binary

SLOTS = 16384


@dataclass(frozen=True, slots=True)
class Master:
    """One server of the cluster."""

    port: int
    process: subprocess.Popen[bytes]

    def ask(self, command: str) -> str:
        """The whole (short) reply to an inline command; empty while nobody listens."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2.0) as connection:
                connection.sendall(command.encode() + b"\r\n")
                return connection.recv(1 << 16).decode()
        except OSError:
            return ""


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [listening.getsockname()[1] for listening in sockets]


@contextmanager
def three_masters(folder: Path) -> Iterator[list[Master]]:
    """Three masters that share all slots and know each other."""
    ports = free_ports(6)
    masters = [_start(folder / str(port), port, bus) for port, bus in zip(ports[:3], ports[3:], strict=True)]
    try:
        _await("answers", lambda: all(master.ask("PING") == "+PONG\r\n" for master in masters))
        share = SLOTS // 3
        ranges = [(0, share), (share + 1, 2 * share), (2 * share + 1, SLOTS - 1)]
        for master, (first, last) in zip(masters, ranges, strict=True):
            assert master.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}") == "+OK\r\n"
        for port, bus in zip(ports[1:3], ports[4:6], strict=True):
            assert masters[0].ask(f"CLUSTER MEET 127.0.0.1 {port} {bus}") == "+OK\r\n"
        _await("cluster", lambda: all(_complete(master) for master in masters))
        yield masters
    finally:
        for master in masters:
            master.process.kill()
            master.process.wait()


def _complete(master: Master) -> bool:
    info = master.ask("CLUSTER INFO")
    return "cluster_state:ok" in info and "cluster_known_nodes:3" in info


def _start(folder: Path, port: int, bus: int) -> Master:
    folder.mkdir()
    options = {
        "port": port,
        "cluster-port": bus,
        "bind": "127.0.0.1",
        "cluster-enabled": "yes",
        "cluster-node-timeout": 2000,
        "dir": folder,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": folder / "log",
    }
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    return Master(port, subprocess.Popen([str(find_binary()), *arguments], stdout=subprocess.DEVNULL))


def _await(what: str, true: Callable[[], bool], timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"no {what} within {timeout_s} s"
        time.sleep(0.02)
