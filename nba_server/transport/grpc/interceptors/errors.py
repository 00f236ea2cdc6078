"""The outermost: turns every exception into a status. What is not ours leaves the server only as a correlation id."""

from __future__ import annotations

import asyncio
import logging
import secrets

from google.rpc.status_pb2 import Status

from nba_server.errors import NbaError
from nba_server.transport.grpc import status
from nba_server.transport.grpc.call import Aborted, Call
from nba_server.transport.grpc.passage import Step

_log = logging.getLogger("nba.errors")
_AS_THEY_ARE = (Aborted, asyncio.CancelledError)
"""A status already (that of a server behind this one), and the end of a call that nobody waits for."""


class Errors(Step):
    """Behind it there are only `Aborted` and `CancelledError`, and what ends a process."""

    def __init__(self, method: str) -> None:
        self._method = method

    sees_all = False

    def away(self, fault: Exception, began: float) -> Exception:
        """As `leave`, of what the server itself refuses."""
        return _status_of(fault) if isinstance(fault, NbaError) else fault

    def leave(self, call: Call, fault: BaseException | None) -> BaseException | None:
        """The fault as a status."""
        if fault is None or isinstance(fault, _AS_THEY_ARE) or not isinstance(fault, Exception):
            return fault
        if isinstance(fault, NbaError) and not status.is_internal(fault):
            return _status_of(fault)
        if isinstance(fault, TimeoutError):
            return Aborted(status.deadline_status())
        return Aborted(_internal(self._method, call, fault))


def _status_of(error: NbaError) -> Aborted:
    retry_s = status.retry_after_s(error)
    return Aborted(status.rich_status(error), None if retry_s is None else round(retry_s * 1000))


def _internal(method: str, call: Call, error: Exception) -> Status:
    """Logs the cause under a fresh correlation id."""
    correlation_id = secrets.token_hex(8)
    detail = error.detail if isinstance(error, NbaError) else ""
    _log.error(
        "call failed",
        exc_info=error.__cause__ or error,
        extra={"method": method, "caller": call.caller.name, "correlation_id": correlation_id, "detail": detail},
    )
    return status.internal_status(correlation_id)
