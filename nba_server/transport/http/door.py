"""The HTTP port of one process: uvicorn on the event loop that is there, on a port shared with its siblings.

Knows nothing of what is served.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nba_server.errors import FailedPrecondition
from nba_server.settings_values import split_address
from nba_server.tasks import ended
from nba_server.transport.http.connection import Connection

_KEEP_ALIVE_S = 15
_BACKLOG = 1024
_POLL_S = 0.05
_LAST_S = 1.0
"""What requests in flight get at least."""


@dataclass(frozen=True, slots=True)
class HttpListen:
    """Where and how to listen. `tls` is (certificate, key, client CA). At most `connections` at once."""

    address: str
    connections: int
    tls: tuple[Path, Path, Path | None] | None = None


class HttpDoor:
    """An HTTP server for an ASGI application. `port` is the bound port, also when 0 was asked for."""

    def __init__(self, listen: HttpListen, app: ASGIApp) -> None:
        """Raises `FailedPrecondition` when the address is taken."""
        logging.getLogger("uvicorn").setLevel(logging.ERROR)  # strangers may send anything; that is no warning
        self._leaving = False
        self._server = uvicorn.Server(_config(listen, self._last_answers(app)))
        self._socket = _bound(listen.address)
        self._ticking: asyncio.Task[None] | None = None
        self.port = int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Accepts requests when this returns."""
        config, server = self._server.config, self._server
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[self._socket])
        self._ticking = asyncio.create_task(server.main_loop(), name="http-door")

    async def stop(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Leaves without failing a request: new connections go to siblings, and each answer is its connection's last.

        Waits until nobody is there any more, at most `grace_s` seconds or until `hurry`, then cuts off.
        """
        if self._ticking is None:
            return
        self._leaving = True
        for listening in self._server.servers:
            listening.close()
        await self._all_left(grace_s, hurry)
        await ended(self._ticking)
        self._server.force_exit = True
        for request in list(self._server.server_state.tasks):
            request.cancel()
        await self._server.shutdown(sockets=[self._socket])

    async def _all_left(self, grace_s: float, hurry: asyncio.Event) -> None:
        state, deadline = self._server.server_state, asyncio.get_running_loop().time() + grace_s
        while state.connections and not hurry.is_set() and asyncio.get_running_loop().time() < deadline:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hurry.wait(), _POLL_S)
        deadline = min(deadline, asyncio.get_running_loop().time() + _LAST_S)
        while state.tasks and asyncio.get_running_loop().time() < deadline:
            await asyncio.wait(state.tasks, timeout=_POLL_S)

    def _last_answers(self, app: ASGIApp) -> ASGIApp:
        """The application, whose answers end their connections once this server is leaving."""

        async def answering(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                if self._leaving and message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
                await send(message)

            await app(scope, receive, sending)

        return answering


def _config(listen: HttpListen, app: ASGIApp) -> uvicorn.Config:
    certificate, key, authority = listen.tls or (None, None, None)
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=listen.connections,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=authority,
        ssl_cert_reqs=ssl.CERT_REQUIRED if authority else ssl.CERT_NONE,
    )


def _bound(address: str) -> socket.socket:
    host, port = split_address(address)
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        # What browsers left half closed keeps no restart out.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as fault:
        bound.close()
        raise FailedPrecondition(
            f"cannot listen on {address}: {fault.strerror}; choose another --http", reason="ADDRESS_IN_USE"
        ) from fault
    return bound
