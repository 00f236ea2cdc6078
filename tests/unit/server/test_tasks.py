"""Ending tasks."""

from __future__ import annotations

import asyncio

from nba_server.tasks import ended


async def test_a_task_that_swallows_cancellations_ends_all_the_same() -> None:
    """A cancellation that is swallowed once is given again, until the task has ended."""
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 3:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await ended(task)
    assert (task.cancelled(), swallowed) == (True, 3)


async def test_no_task_a_done_one_and_a_failed_one() -> None:
    """Nothing to end, nothing raised."""

    async def failing() -> None:
        raise ValueError("seen")

    task = asyncio.create_task(failing())
    await asyncio.wait({task})
    await ended(task)
    await ended(None)
