"""The embedded engine's own snapshot (BGSAVE): of one moment, while it serves; and an engine's folder made from one.

The moment is that of the call: the engine forks in it, and the child writes what the memory was then.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nba_server.adapters.backup.faults import BackupFailed
from nba_server.adapters.engine.folder import EngineFolder
from nba_server.adapters.engine.liveness import ask
from nba_server.errors import FailedPrecondition

_POLL_S = 0.02
_SILENCE_S = 10.0
_BASE = "appendonly.aof.1.base.rdb"
_MANIFEST = "appendonly.aof.manifest"
_LOGS = "appendonlydir"


class EngineSnapshot:
    """Snapshots of the engine that runs in a folder. Use it inside `alone`."""

    def __init__(self, folder: EngineFolder, socket: Path) -> None:
        self._socket = socket
        self._file = folder.path / "dump.rdb"
        self._saves = 0

    def begin(self) -> None:
        """Begins one; what is acknowledged before this is in it, and nothing that comes after. Raises `BackupFailed`."""
        while True:
            self._saves = int(self._facts()["rdb_saves"])
            reply = ask(self._socket, "BGSAVE", timeout_s=_SILENCE_S)
            if reply.startswith("+Background saving started"):
                return
            if "progress" not in reply:
                raise BackupFailed(f"the engine does not make a snapshot: {reply or 'no answer'}")
            time.sleep(_POLL_S)

    def finish(self) -> Path:
        """Waits until it is on disk; its file. Raises `BackupFailed`."""
        while (facts := self._facts())["rdb_bgsave_in_progress"] != "0":
            time.sleep(_POLL_S)
        if facts["rdb_last_bgsave_status"] != "ok" or int(facts["rdb_saves"]) <= self._saves:
            raise BackupFailed("the engine could not write its snapshot; its log says why (is the disk full?)")
        return self._file

    def _facts(self) -> dict[str, str]:
        reply = ask(self._socket, "INFO persistence", timeout_s=_SILENCE_S, whole=True)
        facts = dict(line.split(":", 1) for line in reply.split("\r\n") if ":" in line)
        if "rdb_saves" not in facts:
            raise BackupFailed("the engine does not answer")
        return facts


@contextmanager
def alone(folder: EngineFolder) -> Iterator[None]:
    """Keeps other backups of the same engine out. Raises `FailedPrecondition` when one runs."""
    with (folder.path / "backup.lock").open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FailedPrecondition("Another backup of this data folder is being made: wait for its end.") from None
        yield


def lay_out(snapshot: Path, folder: EngineFolder) -> None:
    """Makes the files of an engine that starts from a snapshot, in one step. Raises `FailedPrecondition` for a used folder."""
    folder.create()
    with folder.supervisor_lock():
        if holds_data(folder):
            raise FailedPrecondition(f"{folder.path} holds a store already: restore into another data folder.")
        draft = folder.path / "restoring"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        shutil.copyfile(snapshot, draft / _BASE)
        (draft / _MANIFEST).write_text(f"file {_BASE} seq 1 type b\n", encoding="ascii")
        for path in (draft / _BASE, draft / _MANIFEST, draft):
            _sync(path)
        draft.rename(folder.path / _LOGS)
        _sync(folder.path)


def holds_data(folder: EngineFolder) -> bool:
    """Whether an engine has ever run there."""
    return (folder.path / _LOGS).exists()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
