"""Counts and times every call, and logs the failed ones (all of them on request). No personal data."""

from __future__ import annotations

import logging
import re
import time

import grpc
from prometheus_client import Counter

from nba_server.errors import NbaError
from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import Tracing
from nba_server.transport.grpc import status
from nba_server.transport.grpc.call import Call, Handler, Interceptor

_log = logging.getLogger("nba.access")
_OK = grpc.StatusCode.OK
_FAULTS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE})
_MANY = frozenset({grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED})
"""Come in floods: the metrics count them, and a log line for each would make it worse."""
_DECISION_ID = re.compile(r"[0-9a-f]{3}-[0-9a-z]{9}-[0-9a-z]{16,64}")
"""Callers may send anything in place of an id, also what must not be logged."""


def observe(metrics: Metrics, tracing: Tracing, *, access_log: bool) -> Interceptor:
    """An interceptor that sees the outcome of the handler behind it, however it ends."""

    def wrap(method: str, handler: Handler) -> Handler:
        name = method.rpartition("/")[2]
        seconds = metrics.call_seconds.labels(name)
        counters: dict[grpc.StatusCode, Counter] = {}

        async def observed(request: bytes, call: Call) -> bytes:
            started = time.perf_counter()
            code, failed = _OK, None
            metrics.in_flight.inc()
            try:
                with tracing.call(method, call.metadata):
                    return await handler(request, call)
            except BaseException as error:
                code, failed = status.code(error), error
                raise
            finally:
                taken = time.perf_counter() - started
                metrics.in_flight.dec()
                counter = counters.get(code)
                if counter is None:
                    counter = counters[code] = metrics.calls.labels(name, code.name)
                counter.inc()
                seconds.observe(taken)
                if code is not _OK or access_log:
                    _write(method, call, code, taken, failed)

        return observed

    return wrap


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
