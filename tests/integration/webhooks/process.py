"""A dispatcher in a process of its own, to be killed: `python -m … STORE FILE`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from nba_server.adapters.redis.store import Store
from nba_server.adapters.webhooks.dispatcher import Dispatcher
from tests.integration.webhooks.told import Counts


async def main(url: str, file: str) -> None:
    """Delivers until it is killed."""
    store = await Store.open(url, kind="any")
    await Dispatcher(store, Path(file), Counts()).run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
