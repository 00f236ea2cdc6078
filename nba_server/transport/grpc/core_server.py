"""A server on gRPC's core with the face of `grpc.aio.Server`, as far as it is needed here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import grpc

from nba_server.transport.grpc.call import Handler
from nba_server.transport.grpc.connections import stop_listening
from nba_server.transport.grpc.core import Core, Options, Refusal, Wire
from nba_server.transport.grpc.services import Services
from nba_server.transport.grpc.streams import Stream
from nba_server.transport.grpc.unary import Unary

_UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED.value[0]


class CoreServer:
    """Answers handlers of bytes and services written for grpc.aio; `take_in` brings in what has arrived."""

    def __init__(self, options: Options) -> None:
        self._under_way: set[Wire] = set()
        self._methods: dict[bytes, Unary] = {}
        self._services = Services()
        self._core = Core(options, self._arrived, self._turned_away, self._under_way.__len__)
        self.take_in = self._core.take_in

    def bind(self, address: str, credentials: Any = None) -> int:
        """The bound port. Raises `RuntimeError`."""
        return self._core.bind(address, credentials)

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        self._methods |= {name.encode(): Unary(name, handler, self._under_way) for name, handler in handlers.items()}

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Before `start`: services written for grpc.aio."""
        self._services.add(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler]) -> None:
        """They are among the generic ones too."""

    async def start(self) -> None:
        """Takes calls."""
        self._core.start()

    def leave(self, port: int) -> None:
        """Takes no new connections; those that are there end with their age."""
        stop_listening(port)

    async def stop(self, seconds: float) -> None:
        """Takes no calls any more; those under way have so long."""
        await self._core.close(seconds)

    def _turned_away(self, method: bytes, seconds_left: float | None) -> Refusal | None:
        unary = self._methods.get(method)
        return unary.turned_away(seconds_left) if unary is not None else None

    def _arrived(self, wire: Wire) -> None:
        method = self._methods.get(wire.method)
        if method is not None:
            method(wire)
        elif (handler := self._services.find(wire.method, wire.metadata)) is not None:
            wire.gone = asyncio.get_running_loop().create_task(Stream(wire, handler).run()).cancel
        else:
            wire.finish(_UNIMPLEMENTED, "Method not found!")
