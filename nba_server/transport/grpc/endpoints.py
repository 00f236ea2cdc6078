"""Makes byte handlers of a service's methods: parse, call the servicer, serialise, all behind the stack.

Nothing here depends on the server under it, so that another transport can carry the same handlers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from nba_server.transport.grpc.call import Call, Handler
from nba_server.transport.grpc.passage import Interceptor, Passage

Ended = Callable[[bytes | BaseException], None]
"""Is told the answer's bytes, or what the call ends with: `Aborted` or `CancelledError`. Once."""


class UnderWay(Protocol):
    """A call that goes on without a task of its own."""

    def cancel(self) -> bool:
        """Nobody waits for it any more: it is told so at once, if it has not ended already. Whether it had not."""


class Endpoint:
    """A method behind its stack: a handler. Where the servicer offers it, also `begin`, which tells the end to a callback."""

    def __init__(self, name: str, message_class: Any, method: Any, start: Any, stack: Sequence[Interceptor]) -> None:
        self._passage = Passage(name, stack)
        self._message_class = message_class
        self._start = start
        self.begins = start is not None
        self.handler = self._passage.around(_handler(message_class, method))

    async def __call__(self, request: bytes, call: Call) -> bytes:
        """Raises `Aborted`, `CancelledError`."""
        return await self.handler(request, call)

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
            under_way: UnderWay = self._start(call.read(self._message_class, request), call, left)
        except Exception as fault:
            left(fault)
            return None
        return under_way


def endpoints(service: ServiceDescriptor, servicer: object, stack: Sequence[Interceptor]) -> dict[str, Handler]:
    """Full method name -> handler, for every method of the service; the first interceptor is the outermost.

    A method `RecordOutcome` is the servicer's `record_outcome(request, call)`, which gives a message or its bytes. Where it has
    `start_record_outcome(request, call, ended)` too, transports may use that, which gives what is `UnderWay`.
    """
    handlers: dict[str, Handler] = {}
    for method in service.methods:
        name, short = f"/{service.full_name}/{method.name}", snake_case(method.name)
        start = getattr(servicer, f"start_{short}", None)
        handlers[name] = Endpoint(name, GetMessageClass(method.input_type), getattr(servicer, short), start, stack)
    return handlers


def snake_case(name: str) -> str:
    """`GetDecision` -> `get_decision`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _handler(message_class: Any, method: Any) -> Handler:
    async def handle(request: bytes, call: Call) -> bytes:
        answer = await method(call.read(message_class, request), call)
        return answer.SerializeToString(deterministic=True) if isinstance(answer, Message) else answer

    return handle
