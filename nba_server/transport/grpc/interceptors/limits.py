"""Refuses calls that would not be answered in time, at once and cheaply, and says when to come back."""

from __future__ import annotations

import time

from nba_server.errors import NbaError, Overloaded
from nba_server.observability.metrics import Metrics
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.passage import Interceptor, Step

LIGHT = frozenset(
    {
        "/nba.v1.DecisionService/Decide",
        "/nba.v1.OutcomeService/RecordOutcome",
        "/nba.v1.ContactService/RecordContact",
    }
)
"""Calls for one customer: how long they take tells how fast the server is, and they are what waits in a crowd. Batches and
what operators call are only bounded in number."""
_NOT_SERVED = ("STORE_UNAVAILABLE", "NOT_REPLICATED")


def limits(capacity: Capacity, metrics: Metrics) -> Interceptor:
    """Steps with one capacity for all their methods."""
    gate = _Gate(capacity, metrics)
    return lambda method: Limits(gate, light=method in LIGHT)


class _Gate:
    """The capacity, and what the metrics were told of it."""

    def __init__(self, capacity: Capacity, metrics: Metrics) -> None:
        self.capacity = capacity
        self._tally = metrics.tally
        self._refusal_seconds = metrics.refusal_seconds
        self._limit = metrics.concurrency_limit
        self._told = -1

    def refused(self, seconds: float) -> None:
        """It must cost next to nothing."""
        self._tally.observe(self._refusal_seconds, seconds)

    def tell(self) -> None:
        """Counters live in files, and this one seldom changes."""
        limit = self.capacity.limit
        if limit != self._told:
            self._told = limit
            self._limit.set(limit)


class Limits(Step):
    """Counts the calls of a method in and out, and lets in what there is room for."""

    def __init__(self, gate: _Gate, *, light: bool) -> None:
        self._gate = gate
        self._capacity = gate.capacity
        self._light = light

    def enter(self, call: Call) -> None:
        """Raises `Overloaded`."""
        capacity = self._capacity
        capacity.arrived += 1
        if capacity.admits(call.seconds_left) if self._light else capacity.has_room:
            call.crowd = capacity.began()
            return
        refusal = Overloaded(
            "the server is busy and would answer too late; try again a little later",
            retry_after_s=capacity.refused(call.began),
        )
        self._gate.refused(time.perf_counter() - call.began)
        raise refusal

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """Only calls that were served say how fast the server is."""
        served = self._light and (fault is None or (isinstance(fault, NbaError) and fault.reason not in _NOT_SERVED))
        self._capacity.ended(time.perf_counter() - call.began, call.crowd, served=served)
        self._gate.tell()
        return fault
