"""Maps the error tree to `google.rpc.Status`: exactly one ErrorInfo, and BadRequest or RetryInfo where they fit.

The only file that knows both sides; texts of unknown exceptions never pass through here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status

from nba_server import errors
from nba_server.transport.grpc.call import Aborted

DOMAIN = "nba-server"
_RETRY_UNAVAILABLE_S = 0.2
"""Short, so that service is back soon after the store is; refusals while it is away cost little."""
_MESSAGE_CHARACTERS = 1_000
_VIOLATION_BYTES = 4_000
"""Statuses travel in trailers, of which gRPC takes 8 KiB: a thousand faults must not hide each other."""
_CODES: dict[type, grpc.StatusCode] = {
    errors.InvalidArgument: grpc.StatusCode.INVALID_ARGUMENT,
    errors.NotFound: grpc.StatusCode.NOT_FOUND,
    errors.Conflict: grpc.StatusCode.ABORTED,
    errors.FailedPrecondition: grpc.StatusCode.FAILED_PRECONDITION,
    errors.CatalogInvalid: grpc.StatusCode.FAILED_PRECONDITION,
    errors.ModelInvalid: grpc.StatusCode.FAILED_PRECONDITION,
    errors.Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    errors.PermissionDenied: grpc.StatusCode.PERMISSION_DENIED,
    errors.StoreUnavailable: grpc.StatusCode.UNAVAILABLE,
    errors.Overloaded: grpc.StatusCode.RESOURCE_EXHAUSTED,
    asyncio.CancelledError: grpc.StatusCode.CANCELLED,
    TimeoutError: grpc.StatusCode.DEADLINE_EXCEEDED,
}
_BY_REASON = {
    "CANCELLED": grpc.StatusCode.CANCELLED,
    "REQUEST_ID_REUSED": grpc.StatusCode.ALREADY_EXISTS,
    "ARCHIVE_DAMAGED": grpc.StatusCode.DATA_LOSS,
    "ARCHIVE_UNAVAILABLE": grpc.StatusCode.UNAVAILABLE,
    "JOURNAL_UNREADABLE": grpc.StatusCode.DATA_LOSS,
}
"""Where the reason says more than the kind: ABORTED would invite a retry that can never succeed; errors of adapters."""

_BY_NUMBER = {number.value[0]: number for number in grpc.StatusCode}


def code(error: BaseException) -> grpc.StatusCode:
    """The status code of an error. Cancelled and deadline are not internal."""
    if isinstance(error, Aborted):
        return _BY_NUMBER[error.status.code]
    if isinstance(error, errors.NbaError) and error.reason in _BY_REASON:
        return _BY_REASON[error.reason]
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), grpc.StatusCode.INTERNAL)


def is_internal(error: errors.NbaError) -> bool:
    """Whether an error of ours only wraps something unexpected, whose text stays in the log."""
    return code(error) is grpc.StatusCode.INTERNAL


def rich_status(error: errors.NbaError) -> Status:
    """The status of an error of ours, with its details. Not to be changed by who gets it."""
    if isinstance(error, errors.Overloaded) and not error.metadata:
        return _overloaded(error.message, round(error.retry_after_s * 1000), error.reason)
    return _rich_status(error)


@lru_cache(maxsize=2_048)
def _overloaded(message: str, retry_ms: int, reason: str) -> Status:
    """Made once for each time to come back: a refusal must cost next to nothing."""
    return _rich_status(errors.Overloaded(message, retry_after_s=retry_ms / 1000, reason=reason))


def _rich_status(error: errors.NbaError) -> Status:
    status = Status(code=code(error).value[0], message=_shortened(error.message))
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    _add(status, info)
    if isinstance(error, errors.InvalidArgument):
        _add(status, _bad_request(error.violations))
    retry_s = retry_after_s(error)
    if retry_s is not None:
        _add(status, _retry(retry_s))
    return status


def retry_after_s(error: errors.NbaError) -> float | None:
    """When a retry makes sense; None where it never does by itself."""
    if isinstance(error, errors.Overloaded):
        return error.retry_after_s
    return _RETRY_UNAVAILABLE_S if isinstance(error, errors.StoreUnavailable) else None


def internal_status(correlation_id: str) -> Status:
    """The status of an uncaught exception: names the log entry and nothing else."""
    message = f"Something went wrong in the server; its log has the cause under the correlation id {correlation_id}."
    status = Status(code=grpc.StatusCode.INTERNAL.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"correlation_id": correlation_id})
    _add(status, info)
    return status


def deadline_status() -> Status:
    """The status of a call whose time ran out."""
    status = Status(
        code=grpc.StatusCode.DEADLINE_EXCEEDED.value[0],
        message="The deadline passed before the answer was ready; a retry with the same request id settles it.",
    )
    _add(status, error_details_pb2.ErrorInfo(reason="DEADLINE_EXCEEDED", domain=DOMAIN))
    return status


def _bad_request(violations: Sequence[errors.Violation]) -> error_details_pb2.BadRequest:
    """All violations, or as many as fit and how many there are besides."""
    details = error_details_pb2.BadRequest()
    for number, violation in enumerate(violations):
        details.field_violations.add(field=violation.field, description=_shortened(violation.message))
        if details.ByteSize() > _VIOLATION_BYTES and number + 1 < len(violations):
            details.field_violations.add(description=f"and {len(violations) - number - 1} more violations")
            break
    return details


def _shortened(text: str) -> str:
    return text if len(text) <= _MESSAGE_CHARACTERS else text[: _MESSAGE_CHARACTERS - 1] + "…"


def _retry(seconds: float) -> error_details_pb2.RetryInfo:
    delay = Duration()
    delay.FromMilliseconds(round(seconds * 1000))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _add(status: Status, detail: Message) -> None:
    packed = AnyMessage()
    packed.Pack(detail)
    status.details.append(packed)
