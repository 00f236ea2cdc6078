"""Store addresses: which kind of client speaks to them."""

from __future__ import annotations

from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.cluster import SCHEMES, ClusterClient
from nba_server.adapters.redis.link import Link
from nba_server.adapters.redis.scripts import ALL
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import FailedPrecondition

SINGLE = ("unix://", "redis://", "rediss://")


def connect(url: str, settings: StoreSettings) -> StoreClient:
    """A client for the address; nothing is sent yet. Raises `FailedPrecondition` for an address of no known kind."""
    if url.startswith(tuple(SCHEMES)):
        return _cluster(url, settings)
    if url.startswith(SINGLE):
        return StoreClient(Link.to(url, settings), ALL)
    raise FailedPrecondition(
        f"The store's address must begin with one of {', '.join((*SINGLE, *SCHEMES))}.", reason="BAD_STORE_ADDRESS"
    )


def _cluster(url: str, settings: StoreSettings) -> ClusterClient:
    """`redis+cluster://user:password@host:port` of any server; the others are reached in the same way."""
    scheme, _, rest = url.partition("://")
    place, slash, options = rest.partition("/")
    credentials, at, seed = place.rpartition("@")
    prefix = SCHEMES[f"{scheme}://"] + credentials + at
    return ClusterClient(seed, lambda address: Link.to(f"{prefix}{address}{slash}{options}", settings), ALL)
