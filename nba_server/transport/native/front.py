"""The front of `pygrpc-native`: takes calls in by the batch, answers them by their number. Knows no handler and no status."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any

from nba_server.errors import FailedPrecondition
from nba_server.transport.grpc.server import Listen
from nba_server.transport.native.writers import Writers

Metadata = Sequence[tuple[str, str | bytes]]
Begin = Callable[[int, int, bytes, Metadata, float | None], None]
"""Takes a call's number, its method's place, the request's bytes, metadata, and the seconds that its caller has."""
Gone = Callable[[int], bool]
"""Is told that nobody waits for a call any more; whether it was under way."""
UnderWay = Callable[[], int]
"""How many calls are."""

AT_ONCE = 256
"""So many events are taken over in one go."""
CROWD = 8
"""With so many calls under way the thread rests between what it finds: batches take in what has arrived, and wakes cost both. The
threads that write are patient then."""
_REST_S = 0.001
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
        self._thread: threading.Thread | None = None

    def start(self, methods: Sequence[str], others: str, begin: Begin, gone: Gone, under_way: UnderWay) -> None:
        """Takes calls from now on; a method's place is that in `methods`, the rest goes to the server at the socket `others`."""
        self._begin, self._gone, self._under_way = begin, gone, under_way
        self._loop = asyncio.get_running_loop()
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(self._wake, False)
        self._loop.add_reader(self._woken, self._awake)
        self._front.add_methods([(method, False) for method in methods])
        self._front.set_fallback(others)
        self._front.start()
        self._writers = Writers()
        self._thread = threading.Thread(target=self._fetch, name="native-front", daemon=True)
        self._thread.start()

    def _fetch(self) -> None:
        """The thread that waits; what it finds begins on the loop.

        It writes to a pipe, which lets go of Python's lock: the loop, woken by `call_soon_threadsafe`, would wait for that first.
        """
        while (events := self._front.recv_batch_details(AT_ONCE)) is not None:
            self._fetched.extend(events)
            with contextlib.suppress(BlockingIOError):  # full: it is awake
                os.write(self._wake, b"\0")
            under_way = self._under_way()
            self._writers.look(crowded=max(under_way, len(events)) >= CROWD)  # those may not have begun yet
            if under_way >= CROWD:
                time.sleep(_REST_S)

    def take_in(self) -> None:
        """Begins and ends by now what has arrived, without waiting for the thread.

        With a single call under way only what the thread has found: it is not busy with others, and asking costs more.
        """
        self._hand_over()
        if self._under_way() > 1:
            for event in self._front.recv_batch_details(AT_ONCE, 0) or ():
                self._happen(*event)

    def _awake(self) -> None:
        try:
            os.read(self._woken, 4_096)
        except BlockingIOError:
            return  # taken in already
        self._hand_over()

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
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None
            self._loop.remove_reader(self._woken)
            os.close(self._woken)
            os.close(self._wake)
