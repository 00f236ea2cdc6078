"""Makes byte handlers of a service's methods: parse, call the servicer, serialise, all behind the stack.

Nothing here depends on the server under it, so that another transport can carry the same handlers.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from nba_server.transport.grpc.call import Call, Handler
from nba_server.transport.grpc.passage import Interceptor, Passage
from nba_server.transport.grpc.reading import read_binary

Ended = Callable[[bytes | BaseException], None]
"""Is told the answer's bytes, or what the call ends with: `Aborted` or `CancelledError`. Once."""


EndedAll = Callable[[Sequence[tuple[Call, bytes | BaseException]]], None]
"""The same of several."""


class Ends(Protocol):
    """Is told how each of several calls ends, once."""

    def well(self, answers: Sequence[tuple[Call, bytes]]) -> None:
        """These have their answers."""

    def ill(self, call: Call, fault: BaseException) -> None:
        """This one ends with `Aborted` or `CancelledError`."""


class UnderWay(Protocol):
    """A call that goes on without a task of its own."""

    def cancel(self) -> bool:
        """Nobody waits for it any more: it is told so at once, if it has not ended already. Whether it had not."""


class Starts(NamedTuple):
    """What a servicer has for a method."""

    method: Any
    start: Any
    start_all: Any
    known: Any


class Together:
    """Calls of a method that come together: each step on their way is taken by all of them before the next one."""

    def __init__(self, passage: Passage, read: Any, start_all: Any, ends: Ends) -> None:
        self._passage, self._read, self._ends = passage, read, ends
        self._start = start_all(self._ended)

    def turned_away(self, seconds_left: float | None) -> Exception | None:
        """As `Endpoint.turned_away`."""
        return self._passage.turned_away(seconds_left)

    def begin(self, asked: Sequence[tuple[Call, bytes]]) -> Sequence[tuple[Call, UnderWay]]:
        """Those that are under way now; the others have ended."""
        refused = self._passage.enter_all([call for call, _ in asked])
        if refused:
            out = {id(call) for call, _ in refused}
            asked = [one for one in asked if id(one[0]) not in out]
            for call, fault in refused:
                self._ends.ill(call, fault)
        read: list[tuple[Call, Any]] = []
        for call, request in asked:
            try:
                read.append((call, self._read(request, call)))
            except Exception as fault:
                self._left(call, fault)
        under_way: Sequence[tuple[Call, UnderWay]] = self._start(read)
        return under_way

    def _ended(self, outcomes: Sequence[tuple[Call, bytes | BaseException]]) -> None:
        well = [one for one in outcomes if type(one[1]) is bytes]
        if well:
            self._passage.leave_all([call for call, _ in well])
            self._ends.well(well)  # type: ignore[arg-type]  # these are bytes
        if len(well) < len(outcomes):
            for call, outcome in outcomes:
                if isinstance(outcome, BaseException):
                    self._left(call, outcome)

    def _left(self, call: Call, fault: BaseException) -> None:
        self._ends.ill(call, self._passage.leave(call, fault) or fault)


class Endpoint:
    """A method behind its stack: a handler. Where the servicer offers it, also `begin`, which tells the end to a callback.

    `known` gives the servicer's own form of a request in protobuf's binary form, or None for what must become a message.
    """

    def __init__(self, name: str, message_class: Any, starts: Starts, stack: Sequence[Interceptor]) -> None:
        self._passage = Passage(name, stack)
        self._message_class = message_class
        self._start, self._start_all, self._known = starts.start, starts.start_all, starts.known
        self.begins = starts.start is not None
        self.handler = self._passage.around(_handler(message_class, starts.method))

    def together(self, ends: Ends) -> Together | None:
        """The way for calls that come together; None where the servicer has none."""
        return None if self._start_all is None else Together(self._passage, self._read, self._start_all, ends)

    def _read(self, request: bytes, call: Call) -> Any:
        known = self._known(request, call) if self._known is not None and call.read is read_binary else None
        return call.read(self._message_class, request) if known is None else known

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
            under_way: UnderWay = self._start(self._read(request, call), call, left)
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
    what `known_record_outcome(bytes, call)` gives. `start_all_record_outcome(ended)` gives what starts several: it takes (call,
    request) of each and gives (call, what is under way); `ended` is told several (call, outcome).
    """
    handlers: dict[str, Handler] = {}
    for method in service.methods:
        name, short = f"/{service.full_name}/{method.name}", snake_case(method.name)
        parts = (getattr(servicer, f"{part}_{short}", None) for part in ("start", "start_all", "known"))
        handlers[name] = Endpoint(
            name, GetMessageClass(method.input_type), Starts(getattr(servicer, short), *parts), stack
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
