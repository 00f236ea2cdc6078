"""The front of `pygrpc-native`: takes calls in by the batch, answers them by their number. Knows no handler and no status."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any

from nba_server.errors import FailedPrecondition
from nba_server.transport.grpc.server import Listen

Metadata = Sequence[tuple[str, str | bytes]]
Begin = Callable[[int, int, bytes, Metadata, float | None], None]
"""Takes a call's number, its method's place, the request's bytes, metadata, and the seconds that its caller has."""
Gone = Callable[[int], bool]
"""Is told that nobody waits for a call any more; whether it was under way."""

AT_ONCE = 256
"""So many events are taken over in one go."""
_EARLY = 1_024
"""So many goings are remembered that came before their call did."""


class Front:
    """Calls arrive in a thread without Python's lock and begin on the event loop that called `start`."""

    def __init__(self, listen: Listen) -> None:
        """Binds. Raises `FailedPrecondition` without the package or the address."""
        try:
            library = importlib.import_module("pygrpc_native")
        except ImportError as fault:
            raise FailedPrecondition(
                "--transport native needs the extra `native`: pip install 'nba-server[native]'", reason="EXTRA_MISSING"
            ) from fault
        self._cancelled: int = library.EVENT_CANCEL
        try:
            self._front: Any = library.NativeGrpcFront(
                listen.address,
                [],
                io_threads=1,
                call_details=True,
                keepalive_time_ms=60_000,
                keepalive_timeout_ms=20_000,
                keepalive_permit_without_calls=True,
                max_concurrent_streams=listen.streams,
                reuse_port=True,
            )
        except OSError as fault:
            raise FailedPrecondition(
                f"cannot listen on {listen.address}: {fault}; choose another --listen", reason="ADDRESS_IN_USE"
            ) from fault
        self.port = int(self._front.bound_port)
        self._fetched: deque[tuple[Any, ...]] = deque()
        self._early: OrderedDict[int, None] = OrderedDict()

    def start(self, methods: Sequence[str], others: str, begin: Begin, gone: Gone) -> None:
        """Takes calls from now on; a method's place is that in `methods`, the rest goes to the server at the socket `others`."""
        self._begin, self._gone = begin, gone
        self._loop = asyncio.get_running_loop()
        self._front.add_methods([(method, False) for method in methods])
        self._front.set_fallback(others)
        self._front.start()
        threading.Thread(target=self._fetch, name="native-front", daemon=True).start()

    def _fetch(self) -> None:
        """The thread that waits; what it finds begins on the loop."""
        while (events := self._front.recv_batch_details(AT_ONCE)) is not None:
            self._fetched.extend(events)
            try:
                self._loop.call_soon_threadsafe(self._hand_over)
            except RuntimeError:  # the loop has ended without us
                self._front.close()
                return

    def take_in(self) -> None:
        """Begins and ends by now what has arrived, without waiting for the thread."""
        self._hand_over()
        for event in self._front.recv_batch_details(AT_ONCE, 0) or ():
            self._happen(*event)

    def _hand_over(self) -> None:
        fetched = self._fetched
        while fetched:
            self._happen(*fetched.popleft())

    def _happen(self, kind: int, number: int, method: int, request: bytes | None, _key: object, details: Any) -> None:
        if kind == self._cancelled:
            if not self._gone(number):  # answered already, or its call is still in the hands of the thread
                self._early[number] = None
                if len(self._early) > _EARLY:
                    self._early.popitem(last=False)
        elif number in self._early:
            del self._early[number]
        else:
            metadata, _peer, seconds_left = details
            self._begin(number, method, request or b"", metadata, seconds_left)

    def answer(self, number: int, message: bytes) -> None:
        """Ends a call well; nothing happens when its caller has gone."""
        self._front.respond(number, message)

    def fail(self, number: int, code: int, text: str, trailers: Metadata = ()) -> None:
        """Ends a call with a status."""
        self._front.fail(number, code, text, list(trailers))

    async def close(self) -> None:
        """Ends all connections; calls that are still under way fail as UNAVAILABLE."""
        with contextlib.suppress(RuntimeError):
            await asyncio.to_thread(self._front.close)
