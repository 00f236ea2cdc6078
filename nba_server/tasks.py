"""Ending asyncio tasks for sure."""

from __future__ import annotations

import asyncio
from typing import Any

_AGAIN_S = 0.1


async def ended(task: asyncio.Task[Any] | None) -> None:
    """Cancels a task and waits until it has ended, however it ends; None is no task.

    Before Python 3.12 `asyncio.wait_for`, through which redis-py sends every command, may swallow a cancellation: a task
    that is cancelled once may go on for ever. So it is cancelled again until it has ended.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_AGAIN_S)
    if task is not None and not task.cancelled():
        task.exception()  # looked at, so that asyncio does not complain
