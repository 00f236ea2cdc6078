"""The outermost: turns every exception into a status. What is not ours leaves the server only as a correlation id."""

from __future__ import annotations

import logging
import secrets

from google.rpc.status_pb2 import Status

from nba_server.errors import NbaError
from nba_server.transport.grpc import status
from nba_server.transport.grpc.call import Aborted, Call, Handler

_log = logging.getLogger("nba.errors")


def errors(method: str, handler: Handler) -> Handler:
    """Wraps a handler. Raises only `Aborted` and `CancelledError`."""

    async def guarded(request: bytes, call: Call) -> bytes:
        try:
            return await handler(request, call)
        except Aborted:
            raise  # a status already: that of a server behind this one
        except NbaError as error:
            if status.is_internal(error):
                raise Aborted(_internal(method, call, error)) from error
            retry_s = status.retry_after_s(error)
            raise Aborted(status.rich_status(error), None if retry_s is None else round(retry_s * 1000)) from error
        except TimeoutError as error:
            raise Aborted(status.deadline_status()) from error
        except Exception as error:
            raise Aborted(_internal(method, call, error)) from error

    return guarded


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
