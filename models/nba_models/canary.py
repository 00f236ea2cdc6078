"""The canary: a long-lived helper process that loads a model and scores its canary rows before anybody serves with it.

LightGBM dies with a signal on some damaged files; then this helper dies, the verdict is "refused", and the next check
starts a new one. `python -m nba_models.canary` is the helper: length-prefixed msgpack frames on stdin and stdout.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any

import msgpack

from nba_models import artifact
from nba_models.artifact import ArtifactInvalid
from nba_models.canary_rows import CanaryRows
from nba_models.scorer import load

_LENGTH = struct.Struct("<Q")
_MEMORY_LIMIT = 8 << 30


class Canary:
    """Checks artifacts in a helper process. Thread-safe; the helper is started at the first check."""

    def __init__(self, *, timeout_s: float = 30.0) -> None:
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check(self, version: str, files: Mapping[str, bytes]) -> str:
        """Empty when the artifact can be served, else why not. It never raises for what is in the files."""
        with self._lock:
            try:
                return self._ask({"version": version, "files": dict(files)})
            except (OSError, EOFError, TimeoutError, ValueError) as fault:
                reason = self._end()
                return f"the canary process {reason or f'gave no answer ({fault})'} on {version}"

    def close(self) -> None:
        """Ends the helper."""
        with self._lock:
            self._end()

    def __enter__(self) -> Canary:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The helper's process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def _ask(self, question: dict[str, Any]) -> str:
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        _send(process.stdin, msgpack.packb(question))
        answer = msgpack.unpackb(_receive_within(process.stdout, self._timeout_s))
        return str(answer)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(  # our own interpreter and module
                [sys.executable, "-m", "nba_models.canary"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        return self._process

    def _end(self) -> str:
        """Ends the helper; says how it had died, if it had."""
        process, self._process = self._process, None
        if process is None:
            return ""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)
        code = process.poll()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if code is None:
            process.kill()
            process.wait()
            return ""
        return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


def _send(stream: IO[bytes], payload: bytes) -> None:
    stream.write(_LENGTH.pack(len(payload)) + payload)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """One frame. Raises `EOFError` when the other side is gone."""
    length = _exactly(stream, _LENGTH.size)
    return _exactly(stream, int(_LENGTH.unpack(length)[0]))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    payload = stream.read(count)
    if len(payload) < count:
        raise EOFError("the other side is gone")
    return payload


def _receive_within(stream: IO[bytes], timeout_s: float) -> bytes:
    """One frame, or `TimeoutError`. Answers are short: once the first byte is there, the rest is too."""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not selector.select(max(0.0, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"no answer within {timeout_s:g} s")
    return _receive(stream)


def verdict(version: str, files: Mapping[str, bytes]) -> str:
    """Loads and scores, in this process. Empty when all is well."""
    try:
        model = load(version, files)
        return CanaryRows.from_json(files[artifact.CANARY]).fault(model)
    except (ArtifactInvalid, ValueError, KeyError, TypeError) as fault:
        return str(fault) or type(fault).__name__


def main() -> None:
    """The helper: answers until its stdin ends."""
    _limit()
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # LightGBM prints to stdout; that must not get into the frames
    while True:
        try:
            question = msgpack.unpackb(_receive(questions))
        except EOFError:
            return
        _send(answers, msgpack.packb(verdict(question["version"], question["files"])))


def _limit() -> None:
    """No core files, and an end to the memory that a damaged length field may ask for."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
