"""The frame of a child process: settings from the environment, log, event loop, SIGTERM, and the line that says ready."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nba_server.errors import NbaError
from nba_server.observability import logs
from nba_server.processes.leave import Leave
from nba_server.processes.parent import PARENT, end_with_parent
from nba_server.settings import Settings

Body = Callable[[Settings, Leave], Awaitable[None]]
"""Runs until it is asked to leave."""

_log = logging.getLogger("nba.processes")


def run(body: Body) -> int:
    """Runs `body` and gives the exit code: 0, or 1 after a failure that is in the log."""
    try:
        settings = Settings.load({}, os.environ)
        logs.start(settings.log_level, settings.log_format)
        end_with_parent()
        if os.environ.get(PARENT):
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the supervisor, which ends us in order
        with asyncio.Runner(loop_factory=event_loop) as runner:
            runner.run(_until_told(body, settings))
    except NbaError as error:
        _log.error(error.message, extra={"reason": error.reason, "detail": error.detail})
        return 1
    return 0


def say_ready(facts: Mapping[str, Any]) -> None:
    """Tells the supervisor that this process answers, and with what."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's where there is one."""
    try:
        loop: asyncio.AbstractEventLoop = importlib.import_module("uvloop").new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()
    return loop


async def _until_told(body: Body, settings: Settings) -> None:
    leave = Leave()
    leave.listen(ctrl_c=not os.environ.get(PARENT))
    await body(settings, leave)
