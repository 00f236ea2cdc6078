"""Makes byte handlers of a service's methods: parse, call the servicer, serialise, all behind the stack.

Nothing here depends on the server under it, so that another transport can carry the same handlers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from nba_server.transport.grpc.call import Call, Handler
from nba_server.transport.grpc.passage import Interceptor, Passage
from nba_server.transport.grpc.reading import read_binary

Ended = Callable[[bytes | BaseException], None]
"""Is told the answer's bytes, or what the call ends with: `Aborted` or `CancelledError`. Once."""


class UnderWay(Protocol):
    """A call that goes on without a task of its own."""

    def cancel(self) -> bool:
        """Nobody waits for it any more: it is told so at once, if it has not ended already. Whether it had not."""


class Endpoint:
    """A method behind its stack: a handler. Where the servicer offers it, also `begin`, which tells the end to a callback.

    `known` gives the servicer's own form of a request in protobuf's binary form, or None for what must become a message.
    """

    def __init__(
        self, name: str, message_class: Any, method: Any, start: Any, known: Any, stack: Sequence[Interceptor]
    ) -> None:
        self._passage = Passage(name, stack)
        self._message_class = message_class
        self._start = start
        self._known = known
        self.begins = start is not None
        self.handler = self._passage.around(_handler(message_class, method))

    async def __call__(self, request: bytes, call: Call) -> bytes:
        """Raises `Aborted`, `CancelledError`."""
        return await self.handler(request, call)

    def turned_away(self, seconds_left: float | None) -> Exception | None:
        """What a call ends with that will not be let in, which is told before anything is made of it; None: it may begin."""
        return self._passage.turned_away(seconds_left)

    def begin(self, request: bytes, call: Call, ended: Ended) -> UnderWay | None:
        """As a call of the handler, for transports that hold no task a call. None: it has ended already."""
        passage = self._passage

        def left(outcome: bytes | BaseException) -> None:
            if isinstance(outcome, BaseException):
                ended(passage.leave(call, outcome) or outcome)
            else:
                passage.leave(call)
                ended(outcome)

        try:
            passage.enter(call)
        except BaseException as refusal:
            ended(refusal)
            return None
        try:
            known = self._known(request, call) if self._known is not None and call.read is read_binary else None
            asked = call.read(self._message_class, request) if known is None else known
            under_way: UnderWay = self._start(asked, call, left)
        except Exception as fault:
            left(fault)
            return None
        return under_way


def turned_away(handler: Handler, seconds_left: float | None) -> Exception | None:
    """As `Endpoint.turned_away`, of any handler."""
    return handler.turned_away(seconds_left) if isinstance(handler, Endpoint) else None


def begun(handler: Handler, request: bytes, call: Call, ended: Ended) -> UnderWay | None:
    """Begins a call of any handler: without a task where that can tell its end. None: it has ended already."""
    if isinstance(handler, Endpoint) and handler.begins:
        return handler.begin(request, call, ended)
    task = asyncio.ensure_future(handler(request, call))
    task.add_done_callback(lambda task: ended(_outcome(task)))  # also where it is cancelled before it begins
    return task


def _outcome(task: asyncio.Future[bytes]) -> bytes | BaseException:
    return asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()


def endpoints(service: ServiceDescriptor, servicer: object, stack: Sequence[Interceptor]) -> dict[str, Handler]:
    """Full method name -> handler, for every method of the service; the first interceptor is the outermost.

    A method `RecordOutcome` is the servicer's `record_outcome(request, call)`, which gives a message or its bytes. Where it has
    `start_record_outcome(request, call, ended)` too, transports may use that, which gives what is `UnderWay`; its request may be
    what `known_record_outcome(bytes, call)` gives.
    """
    handlers: dict[str, Handler] = {}
    for method in service.methods:
        name, short = f"/{service.full_name}/{method.name}", snake_case(method.name)
        start = getattr(servicer, f"start_{short}", None)
        known = getattr(servicer, f"known_{short}", None)
        handlers[name] = Endpoint(
            name, GetMessageClass(method.input_type), getattr(servicer, short), start, known, stack
        )
    return handlers


def snake_case(name: str) -> str:
    """`GetDecision` -> `get_decision`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _handler(message_class: Any, method: Any) -> Handler:
    async def handle(request: bytes, call: Call) -> bytes:
        answer = await method(call.read(message_class, request), call)
        return answer.SerializeToString(deterministic=True) if isinstance(answer, Message) else answer

    return handle
