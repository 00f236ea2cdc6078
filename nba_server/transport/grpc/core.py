"""gRPC's core, driven by the event loop: calls as they come, by the batch. Knows no handler and no message.

The only file that knows what lies under grpcio's own servers (`cygrpc`, on which both of them are built): see ADR 35. Where
`fits` says no, `aio.py` serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from grpc._cython import cygrpc

Options = Sequence[tuple[str, int]]
Metadata = Sequence[tuple[str, str | bytes]]

AT_ONCE = 256
"""So many events are dealt with in one go."""
REQUESTED = 16
"""So many calls are asked for ahead: they are here with one look."""
CROWD = 8
"""With so many calls under way the thread rests between what it finds: batches take in what has arrived, and wakes cost both."""
_REST_S = 0.001
_AGES_S = 1e9
"""A deadline so far away is none."""
_PARTS = {
    "CompletionQueue": ("poll", "shutdown"),
    "Server": (
        *("register_completion_queue", "add_http2_port", "start", "request_call"),
        *("shutdown", "cancel_all_calls", "destroy"),
    ),
    "Call": ("start_server_batch",),
    "RequestCallEvent": ("success", "call", "call_details", "invocation_metadata"),
    "BatchOperationEvent": ("success", "batch_operations"),
    "CallDetails": ("method", "deadline"),
    "ReceiveCloseOnServerOperation": ("cancelled",),
    "ReceiveMessageOperation": ("message",),
    "SendInitialMetadataOperation": (),
    "SendMessageOperation": (),
    "SendStatusFromServerOperation": (),
}


_log = logging.getLogger("nba.server")


def fits() -> bool:
    """Whether this grpcio has all that is used here."""
    return all(
        hasattr(cygrpc, name) and all(hasattr(getattr(cygrpc, name), part) for part in parts)
        for name, parts in _PARTS.items()
    )


def _done(_event: Any) -> None:
    """What follows on an answer that has been sent."""


class Wire:
    """One call, from its headers on. Used on the event loop only; what is sent when nobody is there any more is lost.

    `gone` is called once when its caller has gone before the end was sent, also when its deadline has passed.
    """

    __slots__ = ("_call", "_core", "_deadline", "ended", "gone", "left", "metadata", "method")

    def __init__(self, core: Core, event: Any) -> None:
        details = event.call_details
        self._core = core
        self._call = event.call
        self._deadline: float = details.deadline
        self.method: bytes = details.method
        self.metadata: Metadata = event.invocation_metadata
        self.gone: Callable[[], object] | None = None
        self.left = False
        """Its caller has gone."""
        self.ended = False
        self._call.start_server_batch((cygrpc.ReceiveCloseOnServerOperation(0),), self.closed)

    @property
    def seconds_left(self) -> float | None:
        """Until its deadline; None without one."""
        return _left(self._deadline)

    def closed(self, event: Any) -> None:
        """It is over on the wire."""
        if event.batch_operations[0].cancelled() and not self.ended:
            self.left = True
            if self.gone is not None:
                self.gone()

    def receive(self, then: Callable[[bytes | None], None]) -> None:
        """Gives the next message; None when there is none any more."""
        if self._core.open:
            self._call.start_server_batch(
                (cygrpc.ReceiveMessageOperation(0),), lambda event: then(event.batch_operations[0].message())
            )
        else:
            then(None)

    def send(self, message: bytes, then: Callable[[bool], None], *, first: bool) -> None:
        """A message that is not the last; `then` is told whether it has left, and until then no other may be sent."""
        if self._core.open:
            sent = (cygrpc.SendMessageOperation(message, 0),)
            operations = (cygrpc.SendInitialMetadataOperation(None, 0), *sent) if first else sent
            self._call.start_server_batch(operations, lambda event: then(bool(event.success)))
        else:
            then(False)

    def answer(self, message: bytes) -> None:
        """The only message, and the end."""
        self.ended = True
        if self._core.open and not self.left:
            self._call.start_server_batch(
                (
                    cygrpc.SendInitialMetadataOperation(None, 0),
                    cygrpc.SendMessageOperation(message, 0),
                    cygrpc.SendStatusFromServerOperation(None, 0, b"", 0),
                ),
                _done,
            )

    def finish(self, code: int, text: str = "", trailers: Metadata = (), *, first: bool = True) -> None:
        """The end without a message. `first`: nothing was sent before."""
        self.ended = True
        if self._core.open and not self.left:
            end = (cygrpc.SendStatusFromServerOperation(tuple(trailers), code, text.encode(), 0),)
            operations = (cygrpc.SendInitialMetadataOperation(None, 0), *end) if first else end
            self._call.start_server_batch(operations, _done)


def _left(deadline: float) -> float | None:
    """Seconds until then; None for no deadline."""
    seconds = deadline - time.time()
    return None if seconds > _AGES_S else max(0.0, seconds)


class Refusal(NamedTuple):
    """How a call ends that is not let in."""

    code: int
    text: str
    trailers: Metadata


TurnedAway = Callable[[bytes, float | None], Refusal | None]
"""Takes a call's method and the seconds left until its deadline; None: it is let in."""


def _refuse(call: Any, refusal: Refusal) -> None:
    """Ends a call whose message is not even read, in one step of the core's."""
    end = cygrpc.SendStatusFromServerOperation(refusal.trailers, refusal.code, refusal.text.encode(), 0)
    operations = (cygrpc.ReceiveCloseOnServerOperation(0), cygrpc.SendInitialMetadataOperation(None, 0), end)
    call.start_server_batch(operations, _done)


class Core:
    """A server's port. Events wait in a queue that is read on the event loop; a thread only tells when the first one is there.

    `arrived` is called with every call that is not `turned_away`. `busy` tells how many are under way.
    """

    def __init__(
        self, options: Options, arrived: Callable[[Wire], None], turned_away: TurnedAway, busy: Callable[[], int]
    ) -> None:
        self._arrived, self._turned_away, self._busy = arrived, turned_away, busy
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server(tuple(options), False)
        self._server.register_completion_queue(self._queue)
        self._found: list[Any] = []
        """At most one event."""
        self._over = threading.Lock()
        """Held by the thread until the loop has dealt with what it found."""
        self._over.acquire()
        self._takes = False
        self._thread: threading.Thread | None = None
        self.open = True

    def bind(self, address: str, credentials: Any = None) -> int:
        """The bound port. `credentials` as `grpc.ssl_server_credentials` makes them. Raises `RuntimeError`."""
        secrets = () if credentials is None else (credentials._credentials,)
        port = int(self._server.add_http2_port(address.encode(), *secrets))
        if not port:
            raise RuntimeError(f"Failed to bind to address {address}")
        return port

    def start(self) -> None:
        """Takes calls from now on."""
        self._loop = asyncio.get_running_loop()
        self._shut = asyncio.Event()
        self._rung, self._ring = os.pipe()
        os.set_blocking(self._rung, False)
        os.set_blocking(self._ring, False)
        self._loop.add_reader(self._rung, self._awake)
        self._server.start()
        self._takes = True
        for _ in range(REQUESTED):
            self._request()
        self._thread = threading.Thread(target=self._wait, name="grpc-core", daemon=True)
        self._thread.start()

    def take_in(self) -> None:
        """Begins and ends by now what has arrived."""
        if self.open:
            self._deal()

    async def close(self, seconds: float) -> None:
        """Takes no calls any more; those under way have so long."""
        if not self._takes:  # closed already, or never started: the core ends such a server with the process only
            self.open = False
            return
        self._takes = False
        self._server.shutdown(self._queue, lambda event: self._shut.set())
        try:
            await asyncio.wait_for(self._shut.wait(), seconds)
        except TimeoutError:
            self._server.cancel_all_calls()
            await self._shut.wait()
        self.open = False  # on a queue that is shut nothing may begin
        self._queue.shutdown()
        while self._thread is not None and self._thread.is_alive():
            self._deal()
            await asyncio.sleep(0.001)
        self._loop.remove_reader(self._rung)
        os.close(self._rung)
        os.close(self._ring)
        self._server.destroy()

    def _request(self) -> None:
        if self._takes:
            self._server.request_call(self._queue, self._queue, self._new)

    def _new(self, event: Any) -> None:
        self._request()
        if not event.success:
            return
        details = event.call_details
        refusal = self._turned_away(details.method, _left(details.deadline))
        if refusal is None:
            self._arrived(Wire(self, event))
        elif self.open:
            _refuse(event.call, refusal)

    def _deal(self) -> None:
        """What the thread found, and what has come since."""
        found, poll, waits = self._found, self._queue.poll, False
        for _ in range(AT_ONCE):
            if found:
                event, waits = found.pop(), True
            else:
                event = poll(0)
            tag = event.tag
            if tag is None:
                break
            if tag is not _done:
                try:
                    tag(event)
                except Exception:  # a fault of one call must not keep the others from going on
                    _log.exception("a call could not go on")
        if waits:
            self._over.release()  # not before: the thread would look for what is taken in here

    def _awake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._rung, 64)
        self.take_in()

    def _wait(self) -> None:
        """The thread. It writes to a pipe, which lets go of Python's lock: the loop would have to wait for that first."""
        closed = Wire.closed
        while True:
            event = self._queue.poll(None)
            tag = event.tag
            if tag is None:
                if not self.open:
                    return
                continue
            if tag is _done:
                continue
            if getattr(tag, "__func__", None) is closed and not event.batch_operations[0].cancelled():
                continue
            self._found.append(event)
            event = tag = None  # what is held here would outlive its call
            with contextlib.suppress(BlockingIOError):  # full: it is awake
                os.write(self._ring, b"\0")
            self._over.acquire()
            if self._busy() >= CROWD:
                time.sleep(_REST_S)
