"""Counts and times every call, and logs the failed ones (all of them on request). No personal data."""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Sequence

import grpc

from nba_server.errors import NbaError
from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import NoTracing, Tracing
from nba_server.transport.grpc import status
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.passage import Interceptor, Refused, Step

_log = logging.getLogger("nba.access")
_OK = grpc.StatusCode.OK
_FAULTS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE})
_MANY = frozenset({grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED})
"""Come in floods: the metrics count them, and a log line for each would make it worse."""
_DECISION_ID = re.compile(r"[0-9a-f]{3}-[0-9a-z]{9}-[0-9a-z]{16,64}")
"""Callers may send anything in place of an id, also what must not be logged."""


def observe(metrics: Metrics, tracing: Tracing, *, access_log: bool) -> Interceptor:
    """Steps that see how calls end."""
    return lambda method: Observe(method, metrics, tracing, access_log=access_log)


class Observe(Step):
    """Sees the calls of a method begin and end."""

    def __init__(self, method: str, metrics: Metrics, tracing: Tracing, *, access_log: bool) -> None:
        self._method = method
        self._name = method.rpartition("/")[2]
        self._tally = metrics.tally
        self._tracing = None if isinstance(tracing, NoTracing) else tracing
        self._access_log = access_log
        self._seconds = metrics.call_seconds.labels(self._name)
        self._calls = metrics.calls
        self._answered = metrics.calls.labels(self._name, _OK.name)
        self._in_flight = metrics.in_flight
        self._begun = 0
        """Since the instruments were told the last time; and so many that were simply answered, and how long all have taken:"""
        self._well = 0
        self._taken: list[float] = []
        self._away: Counter[grpc.StatusCode] = Counter()
        self._due = False
        self.sees_all = access_log or self._tracing is not None or _log.isEnabledFor(logging.DEBUG)

    def away(self, fault: Exception, began: float) -> Exception:
        """It came and went."""
        self._begun += 1
        self._taken.append(time.perf_counter() - began)
        self._away[status.code(fault)] += 1
        if not self._due:
            self._soon()
        return fault

    def enter(self, call: Call) -> None:
        """A call begins."""
        self._begun += 1
        if not self._due:
            self._soon()
        if self._tracing is not None:
            call.span = self._tracing.begin(self._method, call.metadata)

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """It has ended."""
        taken = time.perf_counter() - call.began
        self._taken.append(taken)
        if not self._due:
            self._soon()
        if self._tracing is not None:
            self._tracing.end(call.span, fault)
        if fault is None and not self._access_log:
            self._well += 1
            return None
        code = _OK if fault is None else status.code(fault)
        self._tally.add(self._calls.labels(self._name, code.name))
        _write(self._method, call, code, taken, fault)
        return fault

    def enter_all(self, calls: Sequence[Call]) -> Refused:
        """Some calls begin."""
        if self._tracing is not None:
            return super().enter_all(calls)
        self._begun += len(calls)
        if not self._due:
            self._soon()
        return []

    def leave_all(self, calls: Sequence[Call]) -> None:
        """They have ended well."""
        if self._tracing is not None or self._access_log:
            super().leave_all(calls)
            return
        now = time.perf_counter()
        self._taken += [now - call.began for call in calls]
        self._well += len(calls)
        if not self._due:
            self._soon()

    def _soon(self) -> None:
        self._due = True
        self._tally.later(self._settle)

    def _settle(self) -> None:
        """Tells the instruments."""
        self._due = False
        self._in_flight.inc(self._begun - len(self._taken))
        self._seconds.observe_all(self._taken)
        if self._well:
            self._answered.inc(self._well)
        for code, calls in self._away.items():
            self._calls.labels(self._name, code.name).inc(calls)
        self._away.clear()
        self._begun = self._well = 0
        self._taken.clear()


def _write(method: str, call: Call, code: grpc.StatusCode, seconds: float, failed: BaseException | None) -> None:
    level = logging.WARNING if code in _FAULTS else logging.DEBUG if code in _MANY else logging.INFO
    if not _log.isEnabledFor(level):
        return
    fields = {"method": method, "code": code.name, "ms": round(seconds * 1000, 3), "caller": call.caller.name}
    if _DECISION_ID.fullmatch(call.decision_id):
        fields["decision_id"] = call.decision_id
    if isinstance(failed, NbaError):
        fields["reason"] = failed.reason
        if failed.detail:
            fields["detail"] = failed.detail
    _log.log(level, "call", extra=fields)
