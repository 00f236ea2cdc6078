"""Handlers of bytes on the core's calls: as tasks, or without any where a handler can tell its end to a callback."""

from __future__ import annotations

import asyncio
from functools import partial

import grpc

from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.core import Refusal, Wire
from nba_server.transport.grpc.endpoints import begun, turned_away

_CANCELLED = grpc.StatusCode.CANCELLED.value[0]
_UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED.value[0]
_UNKNOWN = grpc.StatusCode.UNKNOWN.value[0]


class Unary:
    """One method. `under_way` holds the calls of all methods."""

    def __init__(self, name: str, handler: Handler, under_way: set[Wire]) -> None:
        self._name = name
        self._handler = handler
        self._under_way = under_way

    def __call__(self, wire: Wire) -> None:
        """A call has come."""
        wire.receive(partial(self._begin, wire))

    def turned_away(self, seconds_left: float | None) -> Refusal | None:
        """How a call ends that will not be let in; None: it may be."""
        fault = turned_away(self._handler, seconds_left)
        if not isinstance(fault, Aborted):
            return None
        return Refusal(fault.status.code, fault.status.message, tuple(fault.trailers))

    def _begin(self, wire: Wire, request: bytes | None) -> None:
        if wire.left:
            return
        if request is None:
            wire.finish(_UNIMPLEMENTED, f'"{self._name}" requires exactly one request message.')
            return
        call = Call(self._name, dict(wire.metadata), wire.seconds_left)
        under_way = begun(self._handler, request, call, partial(self._end, wire))
        if under_way is not None:
            self._under_way.add(wire)
            wire.gone = under_way.cancel

    def _end(self, wire: Wire, outcome: bytes | BaseException) -> None:
        self._under_way.discard(wire)
        wire.gone = None
        if isinstance(outcome, bytes):
            wire.answer(outcome)
        elif isinstance(outcome, Aborted):
            wire.finish(outcome.status.code, outcome.status.message, outcome.trailers)
        else:  # nobody hears it, unless it was not the caller who has gone
            wire.finish(_CANCELLED if isinstance(outcome, asyncio.CancelledError) else _UNKNOWN)
