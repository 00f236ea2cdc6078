"""Refuses calls that would not be answered in time, at once and cheaply, and says when to come back."""

from __future__ import annotations

import time

from nba_server.errors import NbaError, Overloaded
from nba_server.observability.metrics import Metrics
from nba_server.transport.grpc.call import Call, Handler, Interceptor
from nba_server.transport.grpc.capacity import Capacity

LIGHT = frozenset(
    {
        "/nba.v1.DecisionService/Decide",
        "/nba.v1.OutcomeService/RecordOutcome",
        "/nba.v1.ContactService/RecordContact",
    }
)
"""Calls for one customer: how long they take tells how fast the server is, and they are what waits in a crowd. Batches and
what operators call are only bounded in number."""


def limits(capacity: Capacity, metrics: Metrics) -> Interceptor:
    """An interceptor with one capacity for all methods that it wraps."""
    told = -1

    def tell(limit: int) -> None:
        nonlocal told
        if limit != told:  # counters live in files, and this one seldom changes
            told = limit
            metrics.concurrency_limit.set(limit)

    def wrap(method: str, handler: Handler) -> Handler:
        light = method in LIGHT

        async def admitted(request: bytes, call: Call) -> bytes:
            started = time.perf_counter()
            capacity.arrived += 1
            if not (capacity.admits(call.seconds_left) if light else capacity.has_room):
                refusal = Overloaded(
                    "the server is busy and would answer too late; try again a little later",
                    retry_after_s=capacity.refused(started),
                )
                metrics.refusal_seconds.observe(time.perf_counter() - started)
                raise refusal
            crowd, served = capacity.began(), False
            try:
                answer = await handler(request, call)
                served = light
                return answer
            except NbaError as error:
                served = light and error.reason not in ("STORE_UNAVAILABLE", "NOT_REPLICATED")
                raise
            finally:
                capacity.ended(time.perf_counter() - started, crowd, served=served)
                tell(capacity.limit)

        return admitted

    return wrap
