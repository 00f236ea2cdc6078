"""Handlers that forward a call's bytes to a server over gRPC: its deadline, its cancellation, who calls and for whom.

Nothing is kept here and nothing is repeated: what the server has not acknowledged, the caller has not either.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import grpc
from google.protobuf.message_factory import GetMessageClass
from google.rpc.status_pb2 import Status
from grpc_health.v1 import health_pb2
from grpc_status import rpc_status

from nba_server.errors import StoreUnavailable
from nba_server.transport.grpc.call import PUSHBACK, Aborted, Call, Handler
from nba_server.transport.grpc.passage import Interceptor, Passage
from nba_server.transport.grpc.reading import read_binary
from nba_server.transport.http.methods import Methods
from nba_server.transport.strangers import FORWARDED_FOR

PASSED = ("authorization", "x-api-key", "origin", "traceparent", "tracestate")
"""What the server behind needs to know: the caller's credentials, the page that calls, the trace."""
_HEALTH = "/grpc.health.v1.Health/Check"
_HEALTH_S = 1.0
_HEALTH_KEPT_S = 0.5
_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),  # else channels to one address share one connection
)


class Upstream:
    """Several connections to one address, used in turn. Without `credentials` it is plaintext."""

    def __init__(self, address: str, credentials: grpc.ChannelCredentials | None, connections: int) -> None:
        self._address = address
        options: Any = list(_OPTIONS)
        if credentials is None:
            self._channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(connections)]
        else:
            self._channels = [grpc.aio.secure_channel(address, credentials, options) for _ in range(connections)]
        self._health: dict[str, bool] = {}
        self._health_at = 0.0

    def handlers(self, methods: Methods, stack: Sequence[Interceptor]) -> dict[str, Handler]:
        """A forwarding handler for every method, behind the stack; the first interceptor is the outermost."""
        return {name: Passage(name, stack).around(self._forwarding(name, methods)) for name in methods}

    async def serving(self, services: Iterable[str]) -> Mapping[str, bool]:
        """What the server says of each service, and of itself under the empty name; asked twice a second at most."""
        if time.monotonic() - self._health_at > _HEALTH_KEPT_S:
            names = ["", *services]
            self._health = dict(zip(names, await asyncio.gather(*map(self._serves, names)), strict=True))
            self._health_at = time.monotonic()
        return self._health

    async def close(self) -> None:
        """Ends the connections; calls in flight are cancelled."""
        for channel in self._channels:
            await channel.close()

    def _forwarding(self, name: str, methods: Methods) -> Handler:
        ways = itertools.cycle([channel.unary_unary(name) for channel in self._channels])
        message_class = GetMessageClass(methods[name].input_type)

        async def forward(request: bytes, call: Call) -> bytes:
            if call.read is not read_binary:
                request = call.read(message_class, request).SerializeToString(deterministic=True)
            try:
                answer: bytes = await next(ways)(request, timeout=call.seconds_left, metadata=_passed(call))
            except grpc.aio.AioRpcError as error:
                raise self._failure(error) from error
            return answer

        return forward

    def _failure(self, error: grpc.aio.AioRpcError) -> Exception:
        """The server's own refusal as it is, or what happened on the way to it."""
        status = _status(error)
        if status.details:
            return Aborted(status, _retry_ms(error))
        if error.code() is grpc.StatusCode.UNAVAILABLE:
            return StoreUnavailable(
                "the server behind this gateway does not answer; a retry with the same request id or event id settles "
                "what became of the call",
                reason="UPSTREAM_UNAVAILABLE",
                detail=f"{self._address}: {error.details()}",
            )
        return TimeoutError() if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED else Aborted(status)

    async def _serves(self, service: str) -> bool:
        request = health_pb2.HealthCheckRequest(service=service).SerializeToString()
        try:
            answer = await self._channels[0].unary_unary(_HEALTH)(request, timeout=_HEALTH_S)
        except grpc.aio.AioRpcError:
            return False
        status = health_pb2.HealthCheckResponse.FromString(answer).status
        return bool(status == health_pb2.HealthCheckResponse.SERVING)


def _passed(call: Call) -> list[tuple[str, str | bytes]]:
    """The metadata for the server: what is passed on, and where the call comes from."""
    metadata = [(name, call.metadata[name]) for name in PASSED if name in call.metadata]
    before = call.metadata.get(FORWARDED_FOR)
    addresses = [str(before)] if before else []
    metadata.append((FORWARDED_FOR, ", ".join([*addresses, call.peer or "unknown"])))
    host = call.metadata.get("x-forwarded-host") or call.metadata.get("host")
    return [*metadata, ("x-forwarded-host", host)] if host else metadata


def _status(error: grpc.aio.AioRpcError) -> Status:
    try:
        status = rpc_status.from_call(error)
    except ValueError:
        status = None
    return status or Status(code=error.code().value[0], message=error.details() or "")


def _retry_ms(error: grpc.aio.AioRpcError) -> int | None:
    for name, value in error.trailing_metadata() or ():
        if name == PUSHBACK:
            return int(value)
    return None
