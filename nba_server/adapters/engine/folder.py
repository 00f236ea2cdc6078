"""The files of an engine: where they are, the two locks, and the record of the running process.

`lock` is held by the supervisor; `engine.lock` is inherited by the engine and so is held for as long as an engine
lives on the folder, whatever became of its supervisor.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from nba_server.adapters.engine.liveness import ProcessMark
from nba_server.errors import FailedPrecondition

SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel's limit is 108 on Linux and 104 on macOS."""


@dataclass(frozen=True, slots=True)
class EngineFolder:
    """The folder `<data>/store`. Paths are absolute."""

    path: Path

    @classmethod
    def within(cls, data: Path | str) -> EngineFolder:
        """The engine's folder inside a data folder; nothing is created."""
        return cls(Path(data).absolute() / "store")

    @property
    def record(self) -> Path:
        """Pid, start time and socket of the engine that was started last."""
        return self.path / "engine.json"

    @property
    def log(self) -> Path:
        """The engine's own log."""
        return self.path / "engine.log"

    @property
    def pid_file(self) -> Path:
        """Written by the engine itself."""
        return self.path / "engine.pid"

    def create(self) -> None:
        """Makes the folder, readable for its owner only."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def socket(self) -> Path:
        """Where the socket belongs: here, or in a short private folder when this path is too long for a socket."""
        path = self.path / "engine.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
            return path
        name = hashlib.blake2b(os.fsencode(self.path), digest_size=8).hexdigest()
        parent = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        private = parent / f"nba-{os.getuid()}-{name}"
        private.mkdir(mode=0o700, exist_ok=True)
        owner = private.lstat()
        if owner.st_uid != os.getuid() or owner.st_mode & 0o077:
            raise FailedPrecondition(f"{private} is not private to this user: remove it, or use a shorter data folder.")
        return private / "engine.sock"

    def supervisor_lock(self) -> IO[str]:
        """Locks the folder for this supervisor. Raises `FailedPrecondition` that names the one that holds it."""
        file = (self.path / "lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise FailedPrecondition(
                f"The data folder {self.path.parent} is in use by the server with process id {holder}:"
                " stop that one first, or start with another data folder.",
                reason="DATA_FOLDER_IN_USE",
                metadata={"pid": holder},
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file

    def engine_lock(self) -> IO[str] | None:
        """The lock to hand to a new engine; None while an engine still lives here."""
        file = (self.path / "engine.lock").open("a", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file

    def write_record(self, mark: ProcessMark, socket: Path) -> None:
        """Notes which process is the engine, in one step."""
        text = json.dumps({"pid": mark.pid, "started": mark.started, "socket": str(socket)})
        draft = self.record.with_suffix(".new")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.record)

    def read_record(self) -> tuple[ProcessMark, Path] | None:
        """The engine that was started last; None when there is no readable note."""
        try:
            noted = json.loads(self.record.read_text(encoding="utf-8"))
            return ProcessMark(int(noted["pid"]), str(noted["started"])), Path(noted["socket"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
