"""The embedded engine as one object: started, adopted or restarted by the supervisor, attached to by everybody else.

The engine is a child with an append-only file in `<data>/store`; it outlives a killed supervisor and loses nothing.
"""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from nba_server.adapters.engine.binary import BUNDLED, find_binary
from nba_server.adapters.engine.children import NiceChildren
from nba_server.adapters.engine.folder import EngineFolder
from nba_server.adapters.engine.launch import DURABILITIES, EngineOptions, launch
from nba_server.adapters.engine.liveness import POLL_S, ProcessMark, ask
from nba_server.errors import FailedPrecondition, StoreUnavailable


class EmbeddedEngine:
    """A running engine. Use it as a context manager, or call `stop()`."""

    def __init__(self, folder: EngineFolder, lock: IO[str], options: EngineOptions) -> None:
        self._folder = folder
        self._lock = lock
        self._options = options
        self._child: subprocess.Popen[bytes] | None = None
        self._mark = ProcessMark(0, "")
        self._children = NiceChildren(lambda: self._mark)
        self.socket = folder.socket()
        self.adopted = False

    @classmethod
    def start(
        cls,
        folder: Path | str,
        *,
        durability: str = "always",
        binary: str = BUNDLED,
        start_timeout_s: float = 300.0,
        silence_s: float = 5.0,
    ) -> EmbeddedEngine:
        """Starts the engine of a data folder, or adopts the one that a killed supervisor left behind.

        `start_timeout_s` bounds the loading of a large store, `silence_s` an engine that does not answer. Raises
        `FailedPrecondition` when another supervisor has the folder or there is no binary, `StoreUnavailable` when the
        engine does not come up.
        """
        if durability not in DURABILITIES:
            raise FailedPrecondition(f"Unknown durability `{durability}`: use one of {', '.join(DURABILITIES)}.")
        options = EngineOptions(find_binary(binary), durability, start_timeout_s, silence_s)
        place = EngineFolder.within(folder)
        place.create()
        engine = cls(place, place.supervisor_lock(), options)
        try:
            engine.restart()
        except BaseException:
            engine.stop()
            raise
        return engine

    @property
    def url(self) -> str:
        """The address for `Store.open`."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """The engine's process id."""
        return self._mark.pid

    def alive(self) -> bool:
        """Whether the engine's process runs."""
        if self._child is not None:
            return self._child.poll() is None
        return self._mark.alive()

    def restart(self) -> None:
        """Brings the engine up: at the start, and again when it died. Does nothing while it is alive and answers."""
        if self._child is not None:
            if self._child.poll() is None and self._answers(self._mark, deadline=self._start_deadline()):
                return
            self._end_child()
        lock = self._folder.engine_lock()
        if lock is None:
            if self._adopt():
                return
            lock = self._await_engine_lock()
        with lock:
            self._spawn(lock)
        self._await_answer()

    def stop(self) -> None:
        """Stops the engine cleanly (everything is on disk) and frees the folder. Safe to call twice."""
        if self._lock.closed:
            return
        self._children.end()
        if self._mark.pid and self.alive():
            ask(self.socket, "SHUTDOWN", timeout_s=10.0)
            self._end()
        self._folder.record.unlink(missing_ok=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _adopt(self) -> bool:
        """Takes over the engine that lives on the folder; ends it and says False when it does not answer."""
        mark = self._find_orphan()
        if mark is None:
            raise StoreUnavailable(
                f"An engine runs on {self._folder.path} but cannot be identified: end that process and start again."
            )
        answered = self._answers(mark, deadline=self._start_deadline())
        if not answered:
            mark.end(grace_s=self._options.silence_s)
            return False
        self._mark, self._child, self.adopted = mark, None, True
        ask(self.socket, f"CONFIG SET appendfsync {self._options.durability}")
        self._folder.write_record(mark, self.socket)
        return True

    def _find_orphan(self) -> ProcessMark | None:
        """The engine's process: as noted, or as the engine wrote it when its supervisor died before it could note it."""
        deadline = time.monotonic() + 5.0
        while time.monotonic() < deadline:
            noted = self._folder.read_record()
            if noted is not None and noted[0].alive():
                self.socket = noted[1]
                return noted[0]
            try:
                mark = ProcessMark.of(int(self._folder.pid_file.read_text(encoding="ascii")))
            except (OSError, ValueError):
                mark = ProcessMark(0, "")
            if mark.pid and mark.alive():
                return mark
            time.sleep(POLL_S)
        return None

    def _await_engine_lock(self) -> IO[str]:
        deadline = time.monotonic() + 30.0
        while time.monotonic() < deadline:
            lock = self._folder.engine_lock()
            if lock is not None:
                return lock
            time.sleep(POLL_S)
        raise StoreUnavailable(f"The engine on {self._folder.path} was ended but still holds its files.")

    def _spawn(self, lock: IO[str]) -> None:
        self.socket = self._folder.socket()
        self._child = launch(self._folder, self.socket, self._options, lock)
        self._mark, self.adopted = ProcessMark.of(self._child.pid), False
        self._folder.write_record(self._mark, self.socket)

    def _await_answer(self) -> None:
        if self._answers(self._mark, deadline=self._start_deadline()):
            return
        raise StoreUnavailable(f"The engine did not start; its log says why: {self._folder.log}")

    def _answers(self, mark: ProcessMark, deadline: float) -> bool:
        """Waits for PONG. A silent engine is given up; one that says that it is loading has until the deadline."""
        silence = time.monotonic() + self._options.silence_s
        while mark.alive() and time.monotonic() < deadline:
            reply = ask(self.socket, "PING", timeout_s=self._options.silence_s)
            if reply == "+PONG":
                return True
            if reply.startswith("-LOADING"):
                silence = time.monotonic() + self._options.silence_s
            elif time.monotonic() > silence:
                return False
            time.sleep(POLL_S)
        return False

    def _start_deadline(self) -> float:
        return time.monotonic() + self._options.start_timeout_s

    def _end(self) -> None:
        if self._child is not None:
            self._end_child(grace_s=10.0)
        elif not self._mark.wait(10.0):
            self._mark.end(grace_s=5.0)

    def _end_child(self, grace_s: float = 0.0) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        try:
            child.wait(grace_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def attach_url(folder: Path | str) -> str | None:
    """The address of the engine that runs on a data folder, for workers, trainer and command line; else None."""
    noted = EngineFolder.within(folder).read_record()
    if noted is None or not noted[0].alive():
        return None
    return f"unix://{noted[1]}"
