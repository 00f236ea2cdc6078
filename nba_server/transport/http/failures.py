"""The stack's statuses as Connect errors, and answers to requests that reach no method.

The same code, message and details as over gRPC; what is refused before the stack has the code that gRPC would give.
"""

from __future__ import annotations

import math
from typing import Any

import orjson
from connectrpc._protocol import ConnectWireError
from connectrpc.code import Code
from connectrpc.errors import ConnectError, ErrorDetail
from google.protobuf import descriptor_pool
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.json_format import MessageToDict
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status
from protobuf import message_from_json_value
from protobuf.wkt import Any as AnyMessage
from protobuf.wkt import Struct
from starlette.responses import Response

from nba_server.transport.grpc.call import Aborted

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


class Readable(ErrorDetail):
    """A detail that JSON shows to people too, as Connect's `debug`; programs read its bytes."""

    def __init__(self, packed: Packed) -> None:
        super().__init__(AnyMessage(type_url=packed.type_url, value=packed.value))
        self._packed = packed

    def value(self, *_: object) -> Any:
        """The detail as connectrpc makes JSON of it; None for one of an unknown type."""
        try:
            found = descriptor_pool.Default().FindMessageTypeByName(self.type_name)
        except KeyError:
            return None
        message = GetMessageClass(found).FromString(self._packed.value)
        return message_from_json_value(Struct, MessageToDict(message))


def connect_error(status: Status) -> ConnectError:
    """A status as connectrpc raises it."""
    return ConnectError(code_of(status), status.message, [Readable(packed) for packed in status.details])


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
