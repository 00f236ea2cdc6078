"""How an engine is started: its options and the child process."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nba_server.adapters.engine.folder import EngineFolder
from nba_server.adapters.engine.memory import environment

DURABILITIES = ("always", "everysec")
"""`always` syncs to disk before it answers; `everysec` may lose the last seconds when the machine dies."""

COMPACT_BYTES = "16384"
"""Up to this size of its parts a customer's record is one block of memory: 250 bytes less for each of them."""
GROWTH_PERCENT, SMALL_FILE = "200", "512mb"
"""The file is rewritten when it is three times as long as after the last time, and not while it is small: a child that rewrites
takes the processor from decisions, and what was written since is read at a start by 250 MB/s."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """`start_timeout_s` bounds the loading of a large store, `silence_s` an engine that does not answer at all."""

    binary: Path
    durability: str
    start_timeout_s: float
    silence_s: float


def launch(folder: EngineFolder, socket: Path, options: EngineOptions, lock: IO[str]) -> subprocess.Popen[bytes]:
    """Starts the engine, which keeps `lock` for as long as it lives. It does not answer yet."""
    socket.unlink(missing_ok=True)
    folder.pid_file.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder.path),
        "pidfile": str(folder.pid_file),
        "logfile": str(folder.log),
        "appendonly": "yes",
        "appendfsync": options.durability,
        "maxmemory-policy": "noeviction",
        "save": "",
        "rdbcompression": "no",  # what it rewrites takes the processor that decisions need; disks are large
        "auto-aof-rewrite-percentage": GROWTH_PERCENT,
        "auto-aof-rewrite-min-size": SMALL_FILE,
        "hash-max-listpack-value": COMPACT_BYTES,
    }
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return subprocess.Popen(  # noqa: S603
        [str(options.binary), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
        # A group of its own: Ctrl-C reaches the supervisor, which stops the engine last. No session of its own: Linux shares a
        # processor between sessions first (sched_autogroup), where the archiver's niceness does not count. The engine was kept
        # waiting for most of a second so, whenever a file of the archive was written.
        process_group=0,
        pass_fds=(lock.fileno(),),
    )
