"""Store addresses: which kind of client speaks to them."""

from __future__ import annotations

from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.cluster import SCHEMES, ClusterClient
from nba_server.adapters.redis.scripts import ALL
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import FailedPrecondition

SINGLE = ("unix://", "redis://", "rediss://")


def connect(url: str, settings: StoreSettings) -> StoreClient:
    """A client for the address; nothing is sent yet. Raises `FailedPrecondition` for an address of no known kind."""
    if url.startswith(tuple(SCHEMES)):
        return ClusterClient.connect(url, settings, ALL)
    if url.startswith(SINGLE):
        return StoreClient.connect(url, settings, ALL)
    raise FailedPrecondition(
        f"The store's address must begin with one of {', '.join((*SINGLE, *SCHEMES))}.", reason="BAD_STORE_ADDRESS"
    )
