"""Store addresses: which kind of client speaks to them."""

from __future__ import annotations

from nba_server.adapters.redis import cluster, sentinel
from nba_server.adapters.redis.client import StoreClient
from nba_server.adapters.redis.cluster import ClusterClient
from nba_server.adapters.redis.link import Link
from nba_server.adapters.redis.scripts import ALL
from nba_server.adapters.redis.sentinel import SentinelClient
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import FailedPrecondition

SINGLE = ("unix://", "redis://", "rediss://")


def connect(url: str, settings: StoreSettings) -> StoreClient:
    """A client for the address; nothing is sent yet. Raises `FailedPrecondition` for an address of no known kind."""
    if url.startswith(tuple(cluster.SCHEMES)):
        return _cluster(url, settings)
    if url.startswith(tuple(sentinel.SCHEMES)):
        return _sentinel(url, settings)
    if url.startswith(SINGLE):
        return StoreClient(Link.to(url, settings), ALL)
    schemes = ", ".join((*SINGLE, *cluster.SCHEMES, *sentinel.SCHEMES))
    raise _bad(f"must begin with one of {schemes}")


def _cluster(url: str, settings: StoreSettings) -> ClusterClient:
    """`redis+cluster://user:password@host:port` of any server; the others are reached in the same way."""
    scheme, _, rest = url.partition("://")
    place, slash, options = rest.partition("/")
    credentials, at, seed = place.rpartition("@")
    prefix = cluster.SCHEMES[f"{scheme}://"] + credentials + at
    return ClusterClient(seed, lambda address: Link.to(f"{prefix}{address}{slash}{options}", settings), ALL)


def _sentinel(url: str, settings: StoreSettings) -> SentinelClient:
    """`redis+sentinel://user:password@host:port,host:port/service`; the credentials are the servers', not the sentinels'."""
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    service, query, options = path.partition("?")
    credentials, at, hosts = place.rpartition("@")
    addresses = [host for host in hosts.split(",") if host]
    if not addresses or not service:
        raise _bad("needs sentinels and the name of the service: redis+sentinel://host:port,host:port/service")
    plain = sentinel.SCHEMES[f"{scheme}://"]
    prefix, suffix = plain + credentials + at, f"/{query}{options}"
    sentinels = [Link.to(f"{plain}{address}{suffix}", settings) for address in addresses]
    return SentinelClient(service, sentinels, lambda address: Link.to(f"{prefix}{address}{suffix}", settings), ALL)


def _bad(what: str) -> FailedPrecondition:
    return FailedPrecondition(f"The store's address {what}.", reason="BAD_STORE_ADDRESS")
