"""Gathers the requests in flight, so that one read, one pass and one write serve them all.

No timer waits: a lone request starts at once. While batches wait for the store the next one is worked on; new requests gather
behind them, and a few of them behind a single one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from nba_server.errors import NbaError

_log = logging.getLogger("nba.batching")

T = TypeVar("T")
R = TypeVar("R")
U = TypeVar("U")
W = TypeVar("W")

Wanted = Callable[[int], bool]
"""Tells whether the caller of the item at this place of the batch still waits."""

TakeIn = Callable[[], None]
"""Brings in what the transport has received by now: new calls begin, calls whose callers have gone are cancelled."""

Process = Callable[[Sequence[T], Wanted], Awaitable[Sequence[R | NbaError]]]
"""Serves a batch: one result or error an item, in order. Several batches may be under way at the same time."""

Ended = Callable[[R | BaseException], None]
"""Is told the result of an item, its error, or that it was cancelled; once."""

EndedAll = Callable[[Sequence[tuple[Any, R | BaseException]]], None]
"""The same of several items, each by the name that it was put with."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """What the batcher knows of calls that are not here yet.

    `arrived` counts the calls taken in so far, also those that were refused and never come here. A transport that can be asked
    has `take_in`, and need not be given rounds of the event loop to notice who came and who went.
    """

    arrived: Callable[[], int] = lambda: 0
    take_in: TakeIn | None = None


class Waiting(Generic[T, R]):
    """An item whose result `ended` is told. `gone`: nobody waits for it any more."""

    __slots__ = ("_ended", "gone", "item")

    def __init__(self, item: T, ended: Ended[R]) -> None:
        self.item = item
        self.gone = False
        self._ended = ended

    def cancel(self) -> bool:
        """Its caller has gone: `ended` is told so now, and the item is dropped unless it is committed already."""
        if self.gone:
            return False
        self.end(asyncio.CancelledError())
        return True

    def end(self, outcome: R | BaseException) -> None:
        """Tells how it ended."""
        self.gone = True
        self._ended(outcome)


class Gathered(Waiting[T, R]):
    """One of several whose ends are told together. `whose` names it to those who are told."""

    __slots__ = ("ended_all", "whose")

    def __init__(self, item: T, whose: Any, ended_all: EndedAll[R]) -> None:
        self.item = item
        self.gone = False
        self.whose = whose
        self.ended_all = ended_all

    def end(self, outcome: R | BaseException) -> None:
        """By itself."""
        self.gone = True
        self.ended_all([(self.whose, outcome)])


NOTICE_ROUNDS = 2
"""Rounds of the event loop before results are handed over: by then a caller's going is known that lay in the server's queues
while the batch was at work. What is on the wire after that cannot be called back."""

IDLE_ROUNDS, SHORTEST_GATHER_S = 8, 0.005
"""The server takes in one call in a few rounds of the event loop. Without such rounds between batches calls wait where nobody
sees them, are admitted or refused too late, and die of their deadlines. They may take as long as the batch before them took, so
that a flood, however large, leaves half of the time to those who were admitted."""

TAKEN_IN_ROUNDS = 1
"""Enough where the transport can be asked for all that has arrived: its calls are here at once."""

AT_ONCE = 4
"""So many batches are under way: they wait for the store to read or to write while another one has the processor. Each takes its
share of the calls that are there; one that took all of them would leave the processor idle whenever it waits."""
WORTHWHILE = 8
"""Fewer calls are not worth a batch of their own: what a batch costs besides its calls is as much as five of them. They are one
share, and gather behind a batch that is under way,"""
BRISK_S, BUSY = 0.003, 0.5
"""if the last one took no longer than this, or had the processor for this part of its time. Behind a slow store nobody waits
for others."""


class Batcher(Generic[T, R]):
    """Runs `process` on at most `max_size` items at a time, on at most `at_once` batches."""

    def __init__(
        self,
        process: Process[T, R],
        *,
        max_size: int = 64,
        at_once: int = AT_ONCE,
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
        self._at_once = at_once
        self._queue: deque[Waiting[T, R]] = deque()
        self._workers: set[asyncio.Task[None]] = set()
        self._serving = 0
        self._under_way = 0
        self._brisk = False

    @property
    def waiting(self) -> int:
        """How many items wait for the next batch."""
        return len(self._queue)

    def put(self, item: T, ended: Ended[R]) -> Waiting[T, R]:
        """`ended` is told the item's result, later; whoever waits for it must see to it that it is cancelled in time."""
        waiting: Waiting[T, R] = Waiting(item, ended)
        self._enter(waiting)
        return waiting

    def put_all(self, items: Sequence[tuple[W, T]], ended: EndedAll[R]) -> list[tuple[W, Gathered[T, R]]]:
        """As `put`, of several, each with a name; `ended` is told those that end together in one go."""
        found = [(whose, Gathered[T, R](item, whose, ended)) for whose, item in items]
        self._queue.extend(waiting for _, waiting in found)
        if found:
            self._have_taker()
        return found

    async def submit(self, item: T) -> R:
        """The item's result; raises its error. A cancelled caller's item is dropped unless it is committed already."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._enter(_Awaited(item, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                self._dropped(answer.result())  # it was there, but its caller went before it was handed over
            raise

    async def drain(self) -> None:
        """Returns when nothing waits or runs any more."""
        while self._workers:
            await asyncio.wait(self._workers)

    def _enter(self, waiting: Waiting[T, R]) -> None:
        self._queue.append(waiting)
        self._have_taker()

    def _have_taker(self, *, gathering: bool = False) -> None:
        """Whoever is not at work on a batch takes the next one, at once or when no more calls come."""
        few = self._serving and self._brisk and len(self._queue) < WORTHWHILE
        if len(self._workers) == self._serving < self._at_once and not few:
            worker = asyncio.get_running_loop().create_task(self._work(gathering=gathering))
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    async def _work(self, *, gathering: bool) -> None:
        clock = asyncio.get_running_loop().time
        try:
            if gathering:
                await self._gather(clock, SHORTEST_GATHER_S)
            await self._batches(clock)
        finally:
            self._workers.discard(asyncio.current_task())  # now, not in a later round
            while self._queue and not self._workers:  # only when it was cancelled
                self._queue.popleft().cancel()

    async def _batches(self, clock: Callable[[], float]) -> None:
        while batch := self._next():
            began, busy, seen = clock(), time.thread_time(), self._taken_in
            self._serving += 1
            self._under_way += len(batch)
            if self._queue:
                self._have_taker(gathering=True)
            try:
                await self._serve(batch)
            finally:
                self._serving -= 1
                self._under_way -= len(batch)
                took = clock() - began
                self._brisk = took < BRISK_S or time.thread_time() - busy > BUSY * took
            if len(self._workers) > self._serving + 1:  # another one gathers already
                return
            if len(batch) > 1 or self._queue or self._taken_in != seen:  # nothing gathers behind a lone request
                await self._gather(clock, max(SHORTEST_GATHER_S, clock() - began))

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

    def _next(self) -> list[Waiting[T, R]]:
        batch: list[Waiting[T, R]] = []
        share = -(-(len(self._queue) + self._under_way) // self._at_once)
        size = min(self._max_size, max(WORTHWHILE, share))
        while self._queue and len(batch) < size:
            waiting = self._queue.popleft()
            if not waiting.gone:
                batch.append(waiting)
        return batch

    async def _serve(self, batch: list[Waiting[T, R]]) -> None:
        try:
            results = await self._process([waiting.item for waiting in batch], lambda place: not batch[place].gone)
        except asyncio.CancelledError:
            for waiting in batch:
                waiting.cancel()
            raise
        except Exception as fault:
            results = [as_error(fault)] * len(batch)
        if self._take_in is not None:
            self._take_in()  # who has gone meanwhile is known before anything is handed over
        for _ in range(self._notice_rounds):
            await asyncio.sleep(0)
        gathered: dict[EndedAll[R], list[tuple[Any, R | BaseException]]] = {}
        for waiting, result in zip(batch, results, strict=True):
            if waiting.gone:
                if not isinstance(result, NbaError):
                    self._dropped(result)
            elif isinstance(waiting, Gathered):
                waiting.gone = True
                gathered.setdefault(waiting.ended_all, []).append((waiting.whose, result))
            else:
                _hand_over(waiting.end, result)
        for ended_all, those in gathered.items():
            _hand_over(ended_all, those)


def _hand_over(told: Callable[[U], None], outcome: U) -> None:
    """A fault of one who is told must not keep the others from being told."""
    try:
        told(outcome)
    except Exception:
        _log.exception("a result could not be handed over")


class _Awaited(Waiting[T, R]):
    """An item whose caller awaits it: who cancels that has gone."""

    __slots__ = ("_answer",)

    def __init__(self, item: T, answer: asyncio.Future[R]) -> None:
        self.item = item
        self._answer = answer

    @property
    def gone(self) -> bool:  # type: ignore[override]
        """From the moment of the cancellation on."""
        return self._answer.done()

    def end(self, outcome: R | BaseException) -> None:
        """Wakes the caller."""
        if isinstance(outcome, asyncio.CancelledError):
            self._answer.cancel()
        elif isinstance(outcome, BaseException):
            self._answer.set_exception(outcome)
        else:
            self._answer.set_result(outcome)


def as_error(fault: Exception) -> NbaError:
    """An exception as the error that a caller may see: its own if it is ours, else INTERNAL with the rest for the log."""
    if isinstance(fault, NbaError):
        return fault
    error = NbaError("internal error; the log has the rest", detail=f"{type(fault).__name__}: {fault}")
    error.__cause__ = fault
    return error
