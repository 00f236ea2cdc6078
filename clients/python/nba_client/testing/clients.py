"""The real clients with a fake server behind them instead of a channel."""

from __future__ import annotations

from typing import Any

from nba_client.async_client import AsyncClient
from nba_client.call import Call
from nba_client.client import Client
from nba_client.testing.server import FakeServer


class _Transport:
    def __init__(self, server: FakeServer) -> None:
        self._server = server

    def send(self, call: Call[Any], timeout: float | None) -> Any:
        return self._server.answer(call)

    def close(self) -> None:
        self._server.closed = True


class _AsyncTransport:
    def __init__(self, server: FakeServer) -> None:
        self._server = server

    async def send(self, call: Call[Any], timeout: float | None) -> Any:
        return self._server.answer(call)

    async def close(self) -> None:
        self._server.closed = True


class FakeClient(Client):
    """A `Client` without a network. `server` is told what to offer, and asked what it got."""

    server: FakeServer

    def __init__(self, server: FakeServer | None = None) -> None:
        self.server = server or FakeServer()
        self._attach(_Transport(self.server))


class FakeAsyncClient(AsyncClient):
    """An `AsyncClient` without a network. `server` is told what to offer, and asked what it got."""

    server: FakeServer

    def __init__(self, server: FakeServer | None = None) -> None:
        self.server = server or FakeServer()
        self._attach(_AsyncTransport(self.server))
