"""Services written for grpc.aio on calls of other servers: health and reflection, which stream. A task a call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, NoReturn, Protocol

import grpc

Metadata = Sequence[tuple[str, str | bytes]]
_log = logging.getLogger("nba.server")


class OnWire(Protocol):
    """A call as its server has it. `ended`: its end was sent; `gone` is called once if its caller goes before that."""

    method: bytes
    gone: Callable[[], object] | None
    ended: bool

    def receive(self, then: Callable[[bytes | None], None]) -> None:
        """Gives the next message; None when there is none any more."""

    def send(self, message: bytes, then: Callable[[bool], None], *, first: bool) -> None:
        """A message that is not the last; `then` is told whether it has left, and until then no other may be sent."""

    def answer(self, message: bytes) -> None:
        """The only message, and the end."""

    def finish(self, code: int, text: str = "", trailers: Metadata = (), *, first: bool = True) -> None:
        """The end without a message. `first`: nothing was sent before."""


class _Ended(Exception):
    """The handler ends its call with a status, or nobody is there to hear more."""


class Stream:
    """A call as such a handler sees it: it iterates over requests, writes answers, and may end with a status."""

    def __init__(self, wire: OnWire, handler: grpc.RpcMethodHandler) -> None:
        self._wire = wire
        self._handler = handler
        self._fresh = True

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        told = asyncio.get_running_loop().create_future()
        self._wire.receive(lambda message: None if told.done() else told.set_result(message))
        message = await told
        if message is None:
            raise StopAsyncIteration
        return self._handler.request_deserializer(message)

    async def write(self, answer: Any) -> None:
        """Returns when the connection has taken it."""
        told = asyncio.get_running_loop().create_future()
        message = self._handler.response_serializer(answer)
        self._wire.send(message, lambda left: None if told.done() else told.set_result(left), first=self._fresh)
        self._fresh = False
        if not await told:
            raise _Ended

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Metadata = ()) -> NoReturn:
        """Ends the call."""
        self.end(code, details, trailing_metadata)
        raise _Ended

    def end(self, code: grpc.StatusCode, details: str = "", trailers: Metadata = ()) -> None:
        """Sends the status."""
        self._wire.finish(code.value[0], details, trailers, first=self._fresh)

    async def run(self) -> None:
        """The handler's whole call."""
        try:
            await self._answer(self if self._handler.request_streaming else await anext(self))
        except (_Ended, StopAsyncIteration):  # it has its status, or nobody is there to hear one
            if not self._wire.ended:
                self.end(grpc.StatusCode.CANCELLED)
        except asyncio.CancelledError:
            self.end(grpc.StatusCode.CANCELLED)
            raise
        except Exception:
            _log.exception("call failed", extra={"method": self._wire.method.decode(errors="replace")})
            self.end(grpc.StatusCode.UNKNOWN)
        finally:
            self._wire.gone = None

    async def _answer(self, request: Any) -> None:
        handler = self._handler
        if not handler.response_streaming:
            answer = await (handler.stream_unary or handler.unary_unary)(request, self)
            self._wire.answer(handler.response_serializer(answer))
            return
        answers = (handler.stream_stream or handler.unary_stream)(request, self)
        if hasattr(answers, "__aiter__"):
            async for answer in answers:
                await self.write(answer)
        else:
            await answers
        self.end(grpc.StatusCode.OK)
