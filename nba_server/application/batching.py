"""Gathers the requests in flight, so that one read, one pass and one write serve them all.

No timer waits: a lone request starts at once; while a batch is at work new requests gather for the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nba_server.errors import NbaError

T = TypeVar("T")
R = TypeVar("R")

Wanted = Callable[[int], bool]
"""Tells whether the caller of the item at this place of the batch still waits."""

TakeIn = Callable[[], None]
"""Brings in what the transport has received by now: new calls begin, calls whose callers have gone are cancelled."""

Process = Callable[[Sequence[T], Wanted], Awaitable[Sequence[R | NbaError]]]
"""Serves a batch: one result or error an item, in order."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What the batcher knows of calls that are not here yet.

    `arrived` counts the calls taken in so far, also those that were refused and never come here. A transport that can be asked
    has `take_in`, and need not be given rounds of the event loop to notice who came and who went.
    """

    arrived: Callable[[], int] = lambda: 0
    take_in: TakeIn | None = None


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[T, R]):
    item: T
    answer: asyncio.Future[R]


NOTICE_ROUNDS = 2
"""Rounds of the event loop before a result is handed over: by then a caller's going is known that lay in the server's queues
while the batch was at work. What is on the wire after that cannot be called back."""

IDLE_ROUNDS, SHORTEST_GATHER_S = 8, 0.005
"""The server takes in one call in a few rounds of the event loop. Without such rounds between batches calls wait where nobody
sees them, are admitted or refused too late, and die of their deadlines. They may take as long as the batch before them took, so
that a flood, however large, leaves half of the time to those who were admitted."""

TAKEN_IN_ROUNDS = 2
"""Enough where the transport can be asked for all that has arrived: one until a call's handler runs, one until it is here."""


class Batcher(Generic[T, R]):
    """Runs `process` on at most `max_size` items at a time, one batch after the other."""

    def __init__(
        self,
        process: Process[T, R],
        *,
        max_size: int = 64,
        crowd: Crowd = Crowd(),
        dropped: Callable[[R], None] = lambda result: None,
    ) -> None:
        """`dropped` is told every result that nobody waited for any more when it was there."""
        self._process = process
        self._arrived = crowd.arrived
        self._take_in = crowd.take_in
        self._notice_rounds = NOTICE_ROUNDS if crowd.take_in is None else 0
        self._idle_rounds = IDLE_ROUNDS if crowd.take_in is None else TAKEN_IN_ROUNDS
        self._dropped = dropped
        self._max_size = max_size
        self._queue: deque[_Waiting[T, R]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many items wait for the next batch."""
        return len(self._queue)

    async def submit(self, item: T) -> R:
        """The item's result; raises its error. A cancelled caller's item is dropped unless it is committed already."""
        entry: _Waiting[T, R] = _Waiting(item, asyncio.get_running_loop().create_future())
        self._queue.append(entry)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        try:
            result = await entry.answer
            for _ in range(self._notice_rounds):
                await asyncio.sleep(0)
            return result
        except asyncio.CancelledError:
            answer = entry.answer
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                self._dropped(answer.result())  # it was there, but its caller went before it was handed over
            raise

    async def drain(self) -> None:
        """Returns when nothing waits or runs any more."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            clock = asyncio.get_running_loop().time
            while batch := self._next():
                began, seen = clock(), self._taken_in
                await self._serve(batch)
                if len(batch) > 1 or self._queue or self._taken_in != seen:  # nothing gathers behind a lone request
                    await self._gather(clock, max(SHORTEST_GATHER_S, clock() - began))
        finally:
            self._worker = None
            while self._queue:
                self._queue.popleft().answer.cancel()

    async def _gather(self, clock: Callable[[], float], longest_s: float) -> None:
        """Lets answers out and calls in before the next batch takes the processor; ends when no more calls come."""
        idle, seen, end = 0, self._taken_in, clock() + longest_s
        while idle < self._idle_rounds and clock() < end:
            if self._take_in is not None:
                self._take_in()
            await asyncio.sleep(0)
            idle = idle + 1 if self._taken_in == seen else 0
            seen = self._taken_in

    @property
    def _taken_in(self) -> int:
        return self._arrived() + len(self._queue)

    def _next(self) -> list[_Waiting[T, R]]:
        batch: list[_Waiting[T, R]] = []
        while self._queue and len(batch) < self._max_size:
            entry = self._queue.popleft()
            if not entry.answer.done():
                batch.append(entry)
        return batch

    async def _serve(self, batch: list[_Waiting[T, R]]) -> None:
        try:
            results = await self._process([e.item for e in batch], lambda place: not batch[place].answer.done())
        except asyncio.CancelledError:
            for entry in batch:
                entry.answer.cancel()
            raise
        except Exception as fault:
            results = [as_error(fault)] * len(batch)
        if self._take_in is not None:
            self._take_in()  # who has gone meanwhile is known before anything is handed over
        for entry, result in zip(batch, results, strict=True):
            if entry.answer.done():
                if not isinstance(result, NbaError):
                    self._dropped(result)
            elif isinstance(result, NbaError):
                entry.answer.set_exception(result)
            else:
                entry.answer.set_result(result)


def as_error(fault: Exception) -> NbaError:
    """An exception as the error that a caller may see: its own if it is ours, else INTERNAL with the rest for the log."""
    if isinstance(fault, NbaError):
        return fault
    error = NbaError("internal error; the log has the rest", detail=f"{type(fault).__name__}: {fault}")
    error.__cause__ = fault
    return error
