"""The canary: a long-lived helper process that tries an artifact out before anybody serves with it.

LightGBM dies with a signal, or never ends, on some damaged files: that happens in the helper's child, and the verdict says
so. A helper that is gone is started again at the next check.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO

import msgpack

from nba_models.frames import receive, send

_START_S = 120.0
_GRACE_S = 10.0


class Canary:
    """Checks artifacts in a helper process, which is started at the first check. Thread-safe.

    `timeout_s` bounds one check, not the helper's start.
    """

    def __init__(self, *, timeout_s: float = 20.0) -> None:
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check(self, version: str, files: Mapping[str, bytes]) -> str:
        """Empty when the artifact can be served, else why not. It never raises for what is in the files."""
        with self._lock:
            try:
                return self._ask(version, files)
            except (OSError, EOFError, TimeoutError, ValueError) as fault:
                self._end()
                return f"the canary gave no answer on {version}: {fault}"

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

    def _ask(self, version: str, files: Mapping[str, bytes]) -> str:
        process = self._running()
        assert process.stdin is not None
        send(process.stdin, msgpack.packb({"version": version, "files": dict(files), "timeout_s": self._timeout_s}))
        return _answer(process, self._timeout_s + _GRACE_S)

    def _running(self) -> subprocess.Popen[bytes]:
        """The helper, ready: it has imported what it needs."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nba_models.canary_helper"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        _answer(self._process, _START_S)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _answer(process: subprocess.Popen[bytes], timeout_s: float) -> str:
    assert process.stdout is not None
    _await(process.stdout, timeout_s)
    return str(msgpack.unpackb(receive(process.stdout)))


def _await(stream: IO[bytes], timeout_s: float) -> None:
    """Until the first byte is there (answers are short: the rest is too), or `TimeoutError`."""
    deadline = time.monotonic() + timeout_s
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while not selector.select(max(0.0, deadline - time.monotonic())):
            if time.monotonic() >= deadline:
                raise TimeoutError(f"silent for {timeout_s:g} s")
