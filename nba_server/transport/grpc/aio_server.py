"""A server on grpc.aio, for versions of grpcio under which `core.py` does not find what it needs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from grpc_status import rpc_status

from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.connections import stop_listening
from nba_server.transport.grpc.core import Options


class AioServer:
    """As `CoreServer`, at a multiple of its price."""

    take_in: Callable[[], None] | None = None
    """grpc.aio hands calls over one by one in its own time and cannot be asked for them."""

    def __init__(self, options: Options) -> None:
        self._server = grpc.aio.server(options=options)
        self.add_generic_rpc_handlers = self._server.add_generic_rpc_handlers
        self.add_registered_method_handlers = self._server.add_registered_method_handlers

    def bind(self, address: str, credentials: Any = None) -> int:
        """The bound port. Raises `RuntimeError`."""
        if credentials is None:
            return int(self._server.add_insecure_port(address))
        return int(self._server.add_secure_port(address, credentials))

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        services: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
        for name, handler in handlers.items():
            _, service, method = name.split("/")
            services.setdefault(service, {})[method] = _carried(name, handler)
        made = [grpc.method_handlers_generic_handler(service, methods) for service, methods in services.items()]
        self._server.add_generic_rpc_handlers(made)

    async def start(self) -> None:
        """Takes calls."""
        await self._server.start()

    def leave(self, port: int) -> None:
        """Takes no new connections; those that are there end with their age."""
        stop_listening(port)

    async def stop(self, seconds: float) -> None:
        """Takes no calls any more; those under way have so long."""
        await self._server.stop(seconds)


def _status(refusal: Aborted) -> grpc.Status:
    """The status as grpc sends it."""
    return rpc_status.to_status(refusal.status)._replace(trailing_metadata=tuple(refusal.trailers))


def _carried(method: str, handler: Handler) -> grpc.RpcMethodHandler:
    """A handler as grpc takes it: bytes in, bytes out, so that parsing happens behind the stack too."""

    async def serve(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        call = Call(method, dict(context.invocation_metadata() or ()), context.time_remaining())
        try:
            return await handler(request, call)
        except Aborted as refusal:
            await context.abort_with_status(_status(refusal))
            raise
        except asyncio.CancelledError:
            await context.abort(grpc.StatusCode.CANCELLED)  # nobody hears it, unless it was not the caller who has gone
            raise

    return grpc.unary_unary_rpc_method_handler(serve)
