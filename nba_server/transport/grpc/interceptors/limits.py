"""Refuses calls beyond what the worker can hold in flight, at once and cheaply, and says when to come back."""

from __future__ import annotations

from nba_server.errors import Overloaded
from nba_server.transport.grpc.call import Call, Handler, Interceptor

RETRY_AFTER_S = 0.1


def limits(max_concurrency: int) -> Interceptor:
    """An interceptor with one counter for all methods that it wraps."""
    in_flight = 0

    def wrap(method: str, handler: Handler) -> Handler:
        async def admitted(request: bytes, call: Call) -> bytes:
            nonlocal in_flight
            if in_flight >= max_concurrency:
                raise Overloaded(
                    f"{max_concurrency} calls are in flight already; try again a little later",
                    retry_after_s=RETRY_AFTER_S,
                )
            in_flight += 1
            try:
                return await handler(request, call)
            finally:
                in_flight -= 1

        return admitted

    return wrap
