"""Garbage collection beside the decisions: by the clock, not whenever enough objects were made in the middle of a batch.

A batch makes tens of thousands of objects that live until its answers are out; looking at them again and again cost an eighth of
a decision. Reference counts free them; the collector is for cycles only.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

EVERY_S = 1.0
"""How often the objects made since are looked at: some milliseconds a second at the most."""
WHOLE_EVERY = 60
"""Every how many of these times all objects are."""


@asynccontextmanager
async def collected_beside() -> AsyncIterator[None]:
    """Takes collection into its own hands. What is there now lives for good and is never looked at."""
    gc.collect()
    gc.freeze()
    gc.disable()
    task = asyncio.create_task(_collect())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        gc.enable()
        gc.unfreeze()


async def _collect() -> None:
    while True:
        for turn in range(WHOLE_EVERY):
            await asyncio.sleep(EVERY_S)
            gc.collect(2 if turn == WHOLE_EVERY - 1 else 1)
