"""The interceptors of every call, from the outside in."""

from __future__ import annotations

from collections.abc import Sequence

from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import Tracing
from nba_server.transport.api_keys import ApiKeys
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.interceptors.auth import auth
from nba_server.transport.grpc.interceptors.errors import Errors
from nba_server.transport.grpc.interceptors.limits import limits
from nba_server.transport.grpc.interceptors.observe import observe
from nba_server.transport.grpc.interceptors.rates import Rates
from nba_server.transport.grpc.passage import Interceptor


def call_stack(
    metrics: Metrics,
    tracing: Tracing,
    keys: ApiKeys | None,
    capacity: Capacity,
    *,
    access_log: bool,
    origins: Sequence[str] = (),
) -> tuple[Interceptor, ...]:
    """The visible list."""
    return (
        Errors,
        observe(metrics, tracing, access_log=access_log),
        limits(capacity, metrics),
        auth(keys, origins),
        Rates(),
    )
