"""One child process that is started again when it dies, with a pause that doubles while it keeps dying."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from typing import Any

from nba_server.errors import FailedPrecondition
from nba_server.processes.parent import PARENT
from nba_server.tasks import ended

FIRST_PAUSE_S, LONGEST_PAUSE_S, STABLE_S = 0.1, 5.0, 10.0

_log = logging.getLogger("nba.processes")


class Child:
    """`python -m module`, spawned. It writes one line of JSON to standard output when it is ready; logs go to ours."""

    def __init__(
        self,
        name: str,
        module: str,
        environment: Mapping[str, str],
        stop: asyncio.Event,
        ended: Callable[[int], None] = lambda pid: None,
    ) -> None:
        """Once `stop` is set it is not started again. `ended` is told the id of each of its processes that has ended."""
        self.name = name
        self._stop = stop
        self._ended = ended
        self._module = module
        self._environment = {**environment, PARENT: str(os.getpid())}
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.ready: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def start(self) -> None:
        """Starts it, and again whenever it dies. What it says at its first readiness is the result of `ready`.

        When it dies before it was ever ready, `ready` fails with `FailedPrecondition` and it is not started again.
        """
        self._task = asyncio.create_task(self._keep_running(), name=f"child-{self.name}")

    def send(self, number: signal.Signals) -> None:
        """Sends a signal while it runs."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def stop(self, grace_s: float) -> None:
        """Asks it to end, and ends it when it has not within `grace_s` seconds."""
        self._stop.set()
        process = self._process
        if process is not None and process.returncode is None:
            self.send(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), grace_s)
            except TimeoutError:
                _log.error("child did not end in time and is killed", extra={"child": self.name})
                process.kill()
                await process.wait()
        await ended(self._task)

    async def _keep_running(self) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            started = time.monotonic()
            code = await self._run_once()
            if self._stop.is_set():
                return
            if not self.ready.done():
                self.ready.set_exception(
                    FailedPrecondition(f"{self.name} ended at its start with exit code {code}; the log above says why")
                )
                return
            pause = FIRST_PAUSE_S if time.monotonic() - started > STABLE_S else min(LONGEST_PAUSE_S, pause * 2)
            self.restarts += 1
            _log.warning("child died and is started again", extra={"child": self.name, "code": code, "pause_s": pause})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)

    async def _run_once(self) -> int:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, env=self._environment, stdin=DEVNULL, stdout=PIPE
        )
        assert process.stdout is not None
        async for line in process.stdout:
            if not self.ready.done() and line.startswith(b"{"):
                self.ready.set_result(json.loads(line))
        code = await process.wait()
        self._ended(process.pid)
        return code
