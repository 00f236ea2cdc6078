"""The gRPC server: options, credentials, methods, health, reflection. Carries byte handlers and knows no use case."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from nba_server.transport.grpc.aio_server import AioServer
from nba_server.transport.grpc.call import Handler
from nba_server.transport.grpc.connections import all_left
from nba_server.transport.grpc.core import fits
from nba_server.transport.grpc.core_server import CoreServer

_LAST_S = 1.0
"""What calls in flight get at least."""
_log = logging.getLogger("nba.server")
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


class Server(Protocol):
    """What is below: as much of `grpc.aio.Server` as is needed here, and a little more."""

    @property
    def take_in(self) -> Callable[[], None] | None:
        """As `Carrier.take_in`."""

    def bind(self, address: str, credentials: Any = None) -> int:
        """The bound port. Raises `RuntimeError`."""

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Before `start`: services written for grpc.aio."""

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler]) -> None:
        """They are among the generic ones too."""

    async def start(self) -> None:
        """Takes calls."""

    def leave(self, port: int) -> None:
        """Takes no new connections on its port."""

    async def stop(self, seconds: float) -> None:
        """Takes no calls any more; those under way have so long."""


On = Callable[[Listen], Server]


def on_core(listen: Listen) -> Server:
    """gRPC's core, driven here."""
    return CoreServer(_options(listen))


def on_aio(listen: Listen) -> Server:
    """grpcio's own server."""
    return AioServer(_options(listen))


def _usual(listen: Listen) -> Server:
    if fits():
        return on_core(listen)
    _log.warning("this version of grpcio is not known and served by grpc.aio; calls cost several times as much")
    return on_aio(listen)


class GrpcServer:
    """A gRPC server with its health service. `port` is the bound port, also when 0 was asked for.

    `serving` is what health says of each service now; the empty name is the whole server.
    """

    def __init__(self, listen: Listen, on: On | None = None) -> None:
        """`on` makes what is below it; without a word gRPC's core, if this grpcio is known, else grpc.aio."""
        self._server = (on or _usual)(listen)
        self.take_in = self._server.take_in
        self.health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self.health, self._server)
        self.services: tuple[str, ...] = ()
        self.serving: dict[str, bool] = {}
        self.port = self._server.bind(listen.address, _credentials(listen))

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        self._server.carry(handlers)
        self.services = tuple(dict.fromkeys(name.split("/")[1] for name in handlers))
        names = (*self.services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        told = reflection.aio.ReflectionServicer(names)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(told, self._server)

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
        self._server.leave(self.port)
        if not await all_left(self.port, grace_s, hurry) and not hurry.is_set():
            _log.warning("callers are still connected at the end of the drain time; --drain should exceed the age")
        await self.end(max(_LAST_S, grace_s - (time.monotonic() - started)))

    async def say_leaving(self) -> None:
        """Health says NOT_SERVING of everything from now on."""
        await self.health.enter_graceful_shutdown()

    async def end(self, seconds: float) -> None:
        """Closes the port; calls under way have so long."""
        await self._server.stop(seconds)


def _credentials(listen: Listen) -> grpc.ServerCredentials | None:
    if listen.tls is None:
        return None
    certificate, key, authority = listen.tls
    return grpc.ssl_server_credentials(
        [(key.read_bytes(), certificate.read_bytes())],
        root_certificates=authority.read_bytes() if authority else None,
        require_client_auth=authority is not None,
    )


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
