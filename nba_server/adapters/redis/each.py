"""One command for the same key of every bucket, in one call where the store allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nba_server.adapters.redis.client import Argument, StoreClient
from nba_server.adapters.redis.scripts import EACH


async def each(
    client: StoreClient, key: Callable[[int], str], buckets: int, command: str, *arguments: Argument
) -> list[Any]:
    """The bare replies in the order of the buckets. Raises `StoreUnavailable`."""
    replies = await client.run(
        [EACH.call([key(bucket) for bucket in group], command, *arguments) for group in client.groups(buckets)]
    )
    return [reply for group in replies for reply in group]
