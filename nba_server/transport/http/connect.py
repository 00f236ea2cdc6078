"""Carries byte handlers over Connect (JSON and binary) and gRPC-Web: connectrpc speaks, the handlers behind it decide.

Deadlines, cancellation, compression and sizes are connectrpc's; errors keep the details that they have over gRPC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from connectrpc.method import IdempotencyLevel, MethodInfo, StreamType
from connectrpc.request import RequestContext
from connectrpc.server import ConnectASGIApplication, Endpoint
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from nba_server.transport.grpc.call import PUSHBACK, Aborted, Call, Handler
from nba_server.transport.grpc.status import deadline_status
from nba_server.transport.http.codecs import Answer, BinaryCodec, JsonCodec, Request
from nba_server.transport.http.failures import connect_error, retry_headers
from nba_server.transport.http.methods import Methods

Handlers = Mapping[str, Handler]


class ConnectDoor(ConnectASGIApplication[Handlers]):
    """All methods of all services as one ASGI application. `max_message` bounds requests, in bytes, also unpacked ones."""

    def __init__(self, handlers: Handlers, methods: Methods, max_message: int) -> None:
        super().__init__(
            service=handlers,
            endpoints=lambda served: {name: _endpoint(methods[name], name, served[name]) for name in served},
            read_max_bytes=max_message,
            codecs=[BinaryCodec(), JsonCodec()],
        )

    @property
    def path(self) -> str:
        """Where it is mounted: methods are looked up by their whole path."""
        return "/"


def _endpoint(method: MethodDescriptor, name: str, handler: Handler) -> Any:
    answers: type[Message] = GetMessageClass(method.output_type)
    info: MethodInfo[Any, Any] = MethodInfo(
        name=method.name,
        service_name=method.containing_service.full_name,
        input=GetMessageClass(method.input_type),
        output=answers,
        idempotency_level=IdempotencyLevel.UNKNOWN,
        stream_type=StreamType.UNARY,
    )

    async def serve(request: Request, context: RequestContext[Any, Any]) -> Answer:
        left = context.timeout_ms
        seconds_left = None if left is None else max(0.0, left / 1000)
        peer = (context.client_address or "").rpartition(":")[0]
        call = Call(name, context.request_headers, seconds_left, read=request.read, peer=peer)
        try:
            return Answer(await handler(request.data, call), answers)
        except Aborted as refusal:
            context.response_headers.update(retry_headers(refusal))
            if refusal.retry_ms is not None:
                context.response_trailers[PUSHBACK] = str(refusal.retry_ms)
            raise connect_error(refusal.status) from refusal
        except asyncio.CancelledError:
            if left is None or (context.timeout_ms or 0.0) > 0:
                raise  # the caller has gone
            raise connect_error(deadline_status()) from None

    return Endpoint.unary(info, serve)
