"""An archiver that kills itself with SIGKILL at a named step: `python -m … URL FOLDER STEP NTH`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from nba_server.adapters.archive.archiver import Archiver, ArchiverSettings
from nba_server.adapters.redis.store import Store


async def main(url: str, folder: str, step: str, nth: int) -> None:
    """Archives and trims in batches of 20, until the `nth` time that `step` is reached."""
    left = nth

    def reached(name: str) -> None:
        nonlocal left
        left -= name == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store = await Store.open(url, kind="any")
    archiver = Archiver(store, folder, ArchiverSettings(batch_rows=20, keep_ms=0), reached=reached)
    while await archiver.run_once():
        await archiver.trim()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
