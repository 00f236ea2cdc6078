"""Refuses calls that would not be answered in time, at once and cheaply, and says when to come back."""

from __future__ import annotations

import time
from collections.abc import Sequence

from nba_server.errors import NbaError, Overloaded
from nba_server.observability.metrics import Metrics
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.capacity import Capacity
from nba_server.transport.grpc.passage import Interceptor, Refused, Step

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
    told = _Told(capacity, metrics)
    return lambda method: Limits(capacity, metrics, told, light=method in LIGHT)


class _Told:
    """What the metrics were told of the capacity: counters live in files, and this one seldom changes."""

    def __init__(self, capacity: Capacity, metrics: Metrics) -> None:
        self._capacity = capacity
        self._gauge = metrics.concurrency_limit
        self._tally = metrics.tally
        self._limit = -1
        self.due = False

    def soon(self) -> None:
        """When all else is told."""
        self.due = True
        self._tally.later(self)

    def __call__(self) -> None:
        self.due = False
        limit = self._capacity.limit
        if limit != self._limit:
            self._limit = limit
            self._gauge.set(limit)


class Limits(Step):
    """Counts the calls of a method in and out, and lets in what there is room for."""

    def __init__(self, capacity: Capacity, metrics: Metrics, tell: _Told, *, light: bool) -> None:
        self._capacity = capacity
        self._refusal_seconds = metrics.refusal_seconds
        self._tally = metrics.tally
        self._tell = tell
        self._light = light

    def enter(self, call: Call) -> None:
        """Raises `Overloaded`."""
        refusal = self.turns_away(call.seconds_left, call.began)
        if refusal is not None:
            raise refusal
        self._capacity.arrived += 1
        call.crowd = self._capacity.began()

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """Each by itself, as those before it count already."""
        capacity, refused = self._capacity, list[tuple[Call, BaseException]]()
        for call in calls:
            if capacity.admits(call.seconds_left) if self._light else capacity.has_room:
                capacity.arrived += 1
                call.crowd = capacity.began()
            elif (refusal := self.turns_away(call.seconds_left, call.began)) is not None:
                refused.append((call, refusal))
        return refused

    def leave_all(self, calls: Sequence[Call]) -> None:
        """They were served."""
        now, capacity = time.perf_counter(), self._capacity
        for call in calls:
            capacity.ended(now - call.began, call.crowd, served=self._light)
        if not self._tell.due:
            self._tell.soon()

    def turns_away(self, seconds_left: float | None, began: float) -> Overloaded | None:
        """Where there is no room, or no time to answer."""
        capacity = self._capacity
        if capacity.admits(seconds_left) if self._light else capacity.has_room:
            return None
        capacity.arrived += 1
        refusal = Overloaded(
            "the server is busy and would answer too late; try again a little later",
            retry_after_s=capacity.refused(began),
        )
        self._tally.observe(self._refusal_seconds, time.perf_counter() - began)
        return refusal

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """Only calls that were served say how fast the server is."""
        served = self._light and (fault is None or (isinstance(fault, NbaError) and fault.reason not in _NOT_SERVED))
        self._capacity.ended(time.perf_counter() - call.began, call.crowd, served=served)
        if not self._tell.due:
            self._tell.soon()
        return fault
