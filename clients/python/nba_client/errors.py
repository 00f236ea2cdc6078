"""What a call may raise: one tree under `NbaClientError`, with the details that the server sent.

Made from grpc's errors in one place; users never need to import grpc.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault of a request: the path of the field, and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Details:
    """What the server said besides the sentence."""

    code: str = ""
    """gRPC's name of the status, e.g. `NOT_FOUND`."""
    reason: str = ""
    """A stable UPPER_SNAKE word, e.g. `DECISION_NOT_FOUND`; empty when no server answered."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Facts about the reason."""
    violations: tuple[Violation, ...] = ()
    """All faults of the request."""
    retry_after: float | None = None
    """Seconds after which another try makes sense, where the server knows."""


class NbaClientError(Exception):
    """A call failed. `message` is a sentence for people, `reason` a stable word for programs."""

    def __init__(self, message: str, details: Details | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or Details()

    @property
    def code(self) -> str:
        """gRPC's name of the status."""
        return self.details.code

    @property
    def reason(self) -> str:
        """A stable UPPER_SNAKE word."""
        return self.details.reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """Facts about the reason."""
        return self.details.metadata

    @property
    def violations(self) -> tuple[Violation, ...]:
        """All faults of the request."""
        return self.details.violations

    @property
    def retry_after(self) -> float | None:
        """Seconds after which another try makes sense."""
        return self.details.retry_after


class InvalidRequest(NbaClientError):
    """The request is wrong; `violations` has all faults at once."""


class NotFound(NbaClientError):
    """What is named does not exist."""


class Conflict(NbaClientError):
    """Somebody else was faster, or a request id was used for another request."""


class FailedPrecondition(NbaClientError):
    """Not possible in the present state."""


class Unauthenticated(NbaClientError):
    """No API key, or a wrong one."""


class PermissionDenied(NbaClientError):
    """The API key may not do this."""


class Unavailable(NbaClientError):
    """No server answered, also after the repeats. The effect is unknown; the same request id settles it."""


class Overloaded(NbaClientError):
    """Too many requests at once; come back after `retry_after` seconds."""


class DeadlineExceeded(NbaClientError):
    """No answer in time. The effect is unknown; the same request id settles it."""


class ServerFailed(NbaClientError):
    """The server has a fault of its own."""


_KINDS: dict[str, type[NbaClientError]] = {
    "INVALID_ARGUMENT": InvalidRequest,
    "OUT_OF_RANGE": InvalidRequest,
    "NOT_FOUND": NotFound,
    "ALREADY_EXISTS": Conflict,
    "ABORTED": Conflict,
    "FAILED_PRECONDITION": FailedPrecondition,
    "UNAUTHENTICATED": Unauthenticated,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAVAILABLE": Unavailable,
    "RESOURCE_EXHAUSTED": Overloaded,
    "DEADLINE_EXCEEDED": DeadlineExceeded,
}


def from_rpc(error: Any, address: str) -> NbaClientError:
    """The error of the tree for a `grpc.RpcError`."""
    code = error.code() or grpc.StatusCode.UNKNOWN
    details = _details(code.name, error.trailing_metadata() or ())
    message = error.details() or code.name
    if code is grpc.StatusCode.UNAVAILABLE and not details.reason:
        cause = message.rpartition(": ")[2] if message.startswith("failed to connect to all addresses") else message
        message = f"no server answers at {address}: {cause}"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and not details.reason:
        message = f"the server at {address} gave no answer in time"
    return _KINDS.get(code.name, ServerFailed)(message, details)


def from_item(text: str) -> NbaClientError:
    """The error for one refused record of a batch, `REASON: sentence`."""
    reason, _, sentence = text.partition(": ")
    known = {"VERSION_MISMATCH": Conflict, "CONFLICT": Conflict, "STORE_UNAVAILABLE": Unavailable}
    kind = known.get(reason, NotFound if reason.endswith("NOT_FOUND") else InvalidRequest)
    return kind(sentence or text, Details(reason=reason))


def _details(code: str, trailers: Sequence[tuple[str, str | bytes]]) -> Details:
    packed = next((value for key, value in trailers if key == "grpc-status-details-bin"), None)
    if not isinstance(packed, bytes):
        return Details(code=code)
    info, violations, retry_after = error_details_pb2.ErrorInfo(), [], None
    for detail in status_pb2.Status.FromString(packed).details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
            request = error_details_pb2.BadRequest()
            detail.Unpack(request)
            violations = [Violation(v.field, v.description) for v in request.field_violations]
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
    return Details(code, info.reason, dict(info.metadata), tuple(violations), retry_after)
