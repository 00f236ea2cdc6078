"""The gRPC server: options, credentials, methods, health, reflection. Carries byte handlers and knows no use case."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.connections import all_left, stop_listening

_LAST_S = 1.0
"""What calls in flight get at least."""
_log = logging.getLogger("nba.server")
_PUSHBACK = "grpc-retry-pushback-ms"
_PENDING = 100_000
"""Beyond its own limit gRPC cancels calls without a word; ours says RESOURCE_EXHAUSTED and when to come back."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where and how to listen. Sizes in bytes, age in milliseconds (0: for ever). `tls` is (certificate, key, client CA).

    A connection has at most `streams` calls in flight; its further calls wait at the caller.
    """

    address: str
    streams: int
    max_message: int
    max_connection_age: int
    tls: tuple[Path, Path, Path | None] | None = None


class GrpcServer:
    """A grpc.aio server with its health service. `port` is the bound port, also when 0 was asked for.

    `serving` is what health says of each service now; the empty name is the whole server.
    """

    take_in: Callable[[], None] | None = None
    """grpc.aio hands calls over one by one in its own time and cannot be asked for them."""

    def __init__(self, listen: Listen) -> None:
        self._server = grpc.aio.server(options=_options(listen))
        self.health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.services: tuple[str, ...] = ()
        self.serving: dict[str, bool] = {}
        self.port = self._bind(listen)

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        services = _by_service(handlers)
        for service, methods in services.items():
            carried = {name: _carried(f"/{service}/{name}", handler) for name, handler in methods.items()}
            self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, carried)])
        names = (*services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
        self.services = tuple(services)

    def _bind(self, listen: Listen) -> int:
        if listen.tls is None:
            return int(self._server.add_insecure_port(listen.address))
        certificate, key, authority = listen.tls
        credentials = grpc.ssl_server_credentials(
            [(key.read_bytes(), certificate.read_bytes())],
            root_certificates=authority.read_bytes() if authority else None,
            require_client_auth=authority is not None,
        )
        return int(self._server.add_secure_port(listen.address, credentials))

    async def start(self) -> None:
        """Accepts calls; health says NOT_SERVING until `report` says otherwise."""
        for service in ("", *self.services):
            await self.report(service, serving=False)
        await self._server.start()

    async def report(self, service: str, *, serving: bool) -> None:
        """Sets what the health service says of a service (empty: the whole server)."""
        words = health_pb2.HealthCheckResponse
        self.serving[service] = serving
        await self.health.set(service, words.SERVING if serving else words.NOT_SERVING)

    async def stop(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Leaves without failing a call: see connections.py. Takes `grace_s` at most; with `hurry` nobody is waited for.

        Calls in flight may end in any case, within what is left of `grace_s`.
        """
        started = time.monotonic()
        await self.say_leaving()
        stop_listening(self.port)
        if not await all_left(self.port, grace_s, hurry) and not hurry.is_set():
            _log.warning("callers are still connected at the end of the drain time; --drain should exceed the age")
        await self.end(max(_LAST_S, grace_s - (time.monotonic() - started)))

    async def say_leaving(self) -> None:
        """Health says NOT_SERVING of everything from now on."""
        await self.health.enter_graceful_shutdown()

    async def end(self, seconds: float) -> None:
        """Closes the port; calls under way have so long."""
        await self._server.stop(seconds)


def _options(listen: Listen) -> list[tuple[str, int]]:
    options = [
        ("grpc.so_reuseport", 1),
        ("grpc.max_concurrent_streams", listen.streams),
        ("grpc.server.max_pending_requests", _PENDING),
        ("grpc.server.max_pending_requests_hard_limit", _PENDING),
        ("grpc.max_receive_message_length", listen.max_message),
        ("grpc.max_send_message_length", -1),
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ]
    if listen.max_connection_age:
        options += [
            ("grpc.max_connection_age_ms", listen.max_connection_age),
            ("grpc.max_connection_age_grace_ms", 60_000),
        ]
    return options


def _by_service(handlers: Mapping[str, Handler]) -> dict[str, dict[str, Handler]]:
    services: dict[str, dict[str, Handler]] = {}
    for full_name, handler in handlers.items():
        _, service, method = full_name.split("/")
        services.setdefault(service, {})[method] = handler
    return services


def _status(refusal: Aborted) -> grpc.Status:
    """The status as grpc sends it, with the push-back that gRPC's own retries obey."""
    status = rpc_status.to_status(refusal.status)
    if refusal.retry_ms is None:
        return status
    pushback = (_PUSHBACK, str(refusal.retry_ms))
    return status._replace(trailing_metadata=(*status.trailing_metadata, pushback))


def _carried(method: str, handler: Handler) -> grpc.RpcMethodHandler:
    """A handler as grpc takes it: bytes in, bytes out, so that parsing happens behind the stack too."""

    async def serve(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        call = Call(method, dict(context.invocation_metadata() or ()), context.time_remaining())
        try:
            return await handler(request, call)
        except Aborted as refusal:
            await context.abort_with_status(_status(refusal))
            raise

    return grpc.unary_unary_rpc_method_handler(serve)
