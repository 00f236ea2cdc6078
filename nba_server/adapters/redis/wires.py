"""The wires to one server: a batch takes an idle one, else a new one, else it waits for one.

Batches that are `lined` go behind each other on a single wire. The server serves its connections in turns, so that batches on
two of them would both be answered at the end; behind each other the first is answered while the second is at work.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as NoAnswer

from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.wire import Settled, Wire, connected

IN_PLACE, IN_PLACE_BYTES = 4, 1 << 16
"""A batch of at most so many commands and bytes (a command may carry eight decisions) is short enough to be waited for in place,
if nothing else is under way:"""
IN_PLACE_S = 0.0005
"""for so long. Going on with other work and coming back takes the event loop longer than a store nearby takes to answer."""
_IN_VAIN = 64
"""After a wait in vain so many batches are not waited for in place: the store is far away, or busy."""


class _Batch:
    """Packed commands on their way. `settled` is told how they end, once."""

    __slots__ = ("due", "lined", "owed", "payload", "retries", "settled")

    def __init__(self, payload: bytes, owed: int, retries: int, settled: Settled, *, lined: bool) -> None:
        self.payload = payload
        self.lined = lined
        self.owed = owed
        self.retries = retries
        self.settled = settled
        self.due = 0.0


class Wires:
    """`connect` makes a connection of redis-py's, not connected yet. One object an event loop."""

    def __init__(self, connect: Callable[[], Any], settings: StoreSettings) -> None:
        self._connect = connect
        self._retries = settings.retries
        self._timeout_s = settings.read_timeout_s + settings.replica_wait_s
        self._most = settings.connections
        self._idle: list[Wire] = []
        self._busy: dict[Wire, deque[_Batch]] = {}
        self._queue: deque[_Batch] = deque()
        self._line: Wire | None = None
        self._before_line: list[_Batch] | None = None
        """Those that wait while the line's wire is being connected."""
        self._connecting: set[asyncio.Task[None]] = set()
        self._watch: asyncio.TimerHandle | None = None
        self._skip = 0
        self._closed = False

    def send(self, payload: bytes, owed: int, settled: Settled, *, lined: bool = False) -> list[Any] | None:
        """Sends packed commands, which are `owed` so many replies: in order, refusals as exceptions in their places.

        Gives them where they were waited for in place. None: `settled` is told them, perhaps before this returns.

        A batch whose connection is lost is sent once more. `settled` is told `LostConnection`, `NoAnswer` or what redis-py
        says of a connection that cannot be had where there are no replies.
        """
        wire = self._for_now(owed, len(payload), lined=lined)
        if wire is None:
            self._begin(_Batch(payload, owed, self._retries, settled, lined=lined))
            return None
        try:
            replies = wire.exchange(payload, owed, IN_PLACE_S)
        except LostConnection as error:  # it has no answers yet
            self._rest(wire)
            self._ended(_Batch(payload, owed, self._retries, settled, lined=lined), error)
            return None
        if replies is None:
            self._go_on(wire, _Batch(payload, owed, self._retries, settled, lined=lined))
        else:
            self._rest(wire)
        return replies

    def close(self) -> None:
        """Closes all of them; what is owed fails."""
        self._closed = True
        for task in self._connecting:
            task.cancel()
        for wire in (*self._idle, *self._busy, *([self._line] if self._line is not None else [])):
            wire.close()
        self._idle.clear()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _begin(self, batch: _Batch) -> None:
        if self._closed:
            batch.settled(LostConnection("the connection was closed"))
            return
        if batch.lined:
            self._begin_lined(batch)
            return
        while self._idle:
            wire = self._idle.pop()
            if not wire.closed:
                self._ask(wire, batch)
                return
        if len(self._busy) + len(self._connecting) < self._most:
            self._connect_for([batch])
        else:
            self._queue.append(batch)

    def _begin_lined(self, batch: _Batch) -> None:
        if self._line is not None and not self._line.closed:
            self._ask(self._line, batch)
        elif self._before_line is not None:
            self._before_line.append(batch)
        else:
            self._before_line = [batch]
            self._connect_for(self._before_line)

    def _connect_for(self, batches: list[_Batch]) -> None:
        task = asyncio.get_running_loop().create_task(self._on_new(batches))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _on_new(self, batches: list[_Batch]) -> None:
        """Asks on a new connection; those of the line come to `batches` as long as it is not there."""
        lined = batches is self._before_line
        try:
            wire = await connected(self._connect())
        except Exception as error:
            self._connecting.discard(asyncio.current_task())
            self._before_line = None if lined else self._before_line
            for batch in batches:
                self._ended(batch, error)
        except asyncio.CancelledError:
            for batch in batches:
                batch.settled(LostConnection("the connection was closed"))
            raise
        else:
            if lined:
                self._line, self._before_line = wire, None
            for batch in batches:
                self._ask(wire, batch)

    def _for_now(self, owed: int, size: int, *, lined: bool) -> Wire | None:
        """A wire on which the answer may be waited for in place."""
        if self._busy or self._queue or self._closed or owed > IN_PLACE or size > IN_PLACE_BYTES:
            return None
        if self._skip:
            self._skip -= 1
            return None
        if lined:
            return self._line if self._line is not None and not self._line.closed else None
        while self._idle:
            wire = self._idle.pop()
            if not wire.closed:
                return wire
        return None

    def _rest(self, wire: Wire) -> None:
        """Nothing is under way on it."""
        if not wire.closed and wire is not self._line:
            self._idle.append(wire)

    def _go_on(self, wire: Wire, batch: _Batch) -> None:
        """Its answer was waited for in vain."""
        if wire.closed:
            self._ended(batch, wire.why or LostConnection("the connection was lost"))
        else:
            self._skip = _IN_VAIN
            self._expect(wire, batch)
            wire.expect(batch.owed, lambda outcome: self._answered(wire, batch, outcome))

    def _ask(self, wire: Wire, batch: _Batch) -> None:
        if wire.closed:  # by what was asked before on it
            self._ended(batch, LostConnection("the connection was closed"))
            return
        self._expect(wire, batch)
        wire.ask(batch.payload, batch.owed, lambda outcome: self._answered(wire, batch, outcome))

    def _expect(self, wire: Wire, batch: _Batch) -> None:
        """It is under way from now on."""
        loop = asyncio.get_running_loop()
        batch.due = loop.time() + self._timeout_s
        self._busy.setdefault(wire, deque()).append(batch)
        if self._watch is None:
            self._watch = loop.call_at(batch.due, self._look_at_clock)

    def _answered(self, wire: Wire, batch: _Batch, outcome: list[Any] | Exception) -> None:
        """The first on its wire has its answer, or lost it."""
        under_way = self._busy[wire]
        under_way.popleft()
        if not under_way:
            del self._busy[wire]
            self._rest(wire)
        self._ended(batch, outcome)

    def _ended(self, batch: _Batch, outcome: list[Any] | Exception) -> None:
        if isinstance(outcome, LostConnection) and batch.retries:
            batch.retries -= 1
            self._begin(batch)
        else:
            batch.settled(outcome)
        if self._queue and (self._idle or len(self._busy) + len(self._connecting) < self._most):
            self._begin(self._queue.popleft())

    def _look_at_clock(self) -> None:
        """One timer watches all that are waited for: an answer that does not come frees its connection at last."""
        loop = asyncio.get_running_loop()
        now, self._watch = loop.time(), None
        for wire in [wire for wire, batches in self._busy.items() if batches[0].due <= now]:
            wire.close(NoAnswer(f"no answer within {self._timeout_s:.1f} s"))
        if self._busy:
            self._watch = loop.call_at(min(batches[0].due for batches in self._busy.values()), self._look_at_clock)
