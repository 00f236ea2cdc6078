"""`nba gateway`: the HTTP door as a process of its own, before a server that is reached over gRPC. It keeps nothing.

The composition root of that process: settings in, a running gateway out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from prometheus_client import CollectorRegistry, start_http_server

from nba_server.observability.metrics import Metrics
from nba_server.observability.tracing import open_tracing
from nba_server.processes.leave import Leave
from nba_server.settings_values import join_address, split_address
from nba_server.transport.grpc.interceptors.errors import Errors
from nba_server.transport.grpc.interceptors.observe import observe
from nba_server.transport.grpc.scopes import SCOPES
from nba_server.transport.http.app import Policy, http_app
from nba_server.transport.http.door import HttpDoor, HttpListen
from nba_server.transport.http.methods import method_descriptors
from nba_server.transport.http.upstream import Upstream


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """What a gateway needs to know. `authority` is a PEM file; with `encrypted` but without it, the system's count.

    `tls` is (certificate, key) of the HTTP port; `drain` in seconds; `metrics` an address or empty.
    """

    upstream: str
    http: str
    origins: tuple[str, ...] = ()
    connections: int = 4
    encrypted: bool = False
    authority: Path | None = None
    tls: tuple[Path, Path, Path | None] | None = None
    max_message: int = 4_194_304
    max_connections: int = 2_048
    drain: float = 25.0
    metrics: str = ""
    access_log: bool = False
    otel_endpoint: str = ""


async def run_gateway(settings: GatewaySettings, announce: Callable[[str], None]) -> None:
    """Runs until SIGTERM (requests in flight are answered) or SIGINT; `announce` is told the URL.

    Raises `FailedPrecondition` when the address is taken.
    """
    leave = Leave()
    leave.listen(ctrl_c=True)
    async with gateway(settings, leave.hurry) as url:
        announce(url)
        await leave.asked.wait()


@asynccontextmanager
async def gateway(settings: GatewaySettings, hurry: asyncio.Event | None = None) -> AsyncIterator[str]:
    """A running gateway and its URL."""
    async with AsyncExitStack() as closing:
        registry = CollectorRegistry()
        tracing = open_tracing(settings.otel_endpoint, "nba-gateway")
        closing.callback(tracing.close)
        if settings.metrics:
            closing.callback(_metrics_page(settings.metrics, registry))
        credentials = _credentials(settings.authority) if settings.encrypted else None
        upstream = Upstream(settings.upstream, credentials, settings.connections)
        closing.push_async_callback(upstream.close)
        methods = method_descriptors(SCOPES)
        stack = (Errors, observe(Metrics(registry), tracing, access_log=settings.access_log))
        handlers = upstream.handlers(methods, stack)
        services = sorted({name.split("/")[1] for name in handlers})
        policy = Policy(settings.origins, settings.max_message)
        app = http_app(handlers, methods, lambda: upstream.serving(services), policy)
        door = HttpDoor(HttpListen(settings.http, settings.max_connections, settings.tls), app)
        closing.push_async_callback(door.stop, settings.drain, hurry or asyncio.Event())
        await door.start()
        host, _ = split_address(settings.http)
        yield f"{'https' if settings.tls else 'http'}://{join_address(host, door.port)}"


def _credentials(authority: Path | None) -> grpc.ChannelCredentials:
    return grpc.ssl_channel_credentials(authority.read_bytes() if authority else None)


def _metrics_page(address: str, registry: CollectorRegistry) -> Callable[[], None]:
    """Serves the page in a thread; gives what ends it."""
    host, port = split_address(address)
    server, thread = start_http_server(port, host, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
