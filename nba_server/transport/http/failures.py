"""The stack's statuses as Connect errors, and answers to requests that reach no method.

The same code, message and details as over gRPC; what is refused before the stack has the code that gRPC would give.
"""

from __future__ import annotations

import math

import orjson
from connectrpc._protocol import ConnectWireError
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from google.rpc.status_pb2 import Status
from protobuf.wkt import Any as AnyMessage
from starlette.responses import Response

from nba_server.transport.grpc.call import Aborted

PUSHBACK = "grpc-retry-pushback-ms"
_CODES = (
    Code.UNKNOWN,  # 0 is OK and never an error
    Code.CANCELED,
    Code.UNKNOWN,
    Code.INVALID_ARGUMENT,
    Code.DEADLINE_EXCEEDED,
    Code.NOT_FOUND,
    Code.ALREADY_EXISTS,
    Code.PERMISSION_DENIED,
    Code.RESOURCE_EXHAUSTED,
    Code.FAILED_PRECONDITION,
    Code.ABORTED,
    Code.OUT_OF_RANGE,
    Code.UNIMPLEMENTED,
    Code.INTERNAL,
    Code.UNAVAILABLE,
    Code.DATA_LOSS,
    Code.UNAUTHENTICATED,
)
"""By the number of the gRPC status."""


def connect_error(status: Status) -> ConnectError:
    """A status as connectrpc raises it."""
    details = [ErrorDetail(AnyMessage(type_url=packed.type_url, value=packed.value)) for packed in status.details]
    return ConnectError(code_of(status), status.message, details)


def code_of(status: Status) -> Code:
    """Connect's word for a status."""
    return _CODES[status.code] if 0 <= status.code < len(_CODES) else Code.UNKNOWN


def retry_headers(refusal: Aborted) -> dict[str, str]:
    """When to come back, in the whole seconds that HTTP knows; empty where a retry does not help."""
    return {} if refusal.retry_ms is None else {"retry-after": str(math.ceil(refusal.retry_ms / 1000))}


def error_response(refusal: Aborted) -> Response:
    """The stack's refusal as a Connect error, for routes that are no calls of Connect."""
    error = ConnectWireError.from_exception(connect_error(refusal.status))
    return Response(
        error.to_json_bytes(), error.to_http_status().code, retry_headers(refusal), media_type="application/json"
    )


def refused(http_status: int, code: Code, message: str, headers: dict[str, str] | None = None) -> Response:
    """An answer in Connect's form to a request that reaches no method."""
    body = orjson.dumps({"code": code.value, "message": message})
    return Response(body, http_status, headers, media_type="application/json")
