"""Callers for the proof of overload: as many as can be served, or by the clock, come what may.

A caller is an application of its own: one that honours push-back sends nothing until the time that the server names.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import grpc

from nba_server.pb import decision_pb2
from tests.chaos.load import OPTIONS

DEADLINE_S, TICK_S = 1.0, 0.002
CALLERS, CONNECTIONS = 64, 8
PUSHBACK = "grpc-retry-pushback-ms"
BUSY = 128
"""Calls in flight when as many as possible are served: two full batches, so that the next one is always ready."""
MOST_OPEN = 4_000
"""Calls that all callers have open at most: behind it an arrival is not sent, and counts as not served."""


@dataclass(slots=True)
class Seen:
    """What one window saw: `served` and `refused` in seconds; `held` calls were never sent, as their callers were asked.

    `over` are the seconds by which answers were read behind their deadlines, `lag` the longest time that the callers were busy
    meanwhile: gRPC gives no answer behind the deadline, but the callers may come late to read it.
    """

    seconds: float = 0.0
    offered: int = 0
    held: int = 0
    lag: float = 0.0
    over: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)

    @property
    def late(self) -> int:
        """Answers that came late, and were not only read late."""
        return sum(over > self.lag for over in self.over)

    @property
    def goodput(self) -> float:
        """Answers in time, a second."""
        return (len(self.served) - self.late) / self.seconds


class Callers:
    """Calls of many callers over a few connections, each for a customer and with an id of its own."""

    def __init__(self, channels: list[grpc.aio.Channel], deadline_s: float) -> None:
        self._deadline_s = deadline_s
        method, write = "/nba.v1.DecisionService/Decide", decision_pb2.DecideRequest.SerializeToString
        self._calls = [channel.unary_unary(method, request_serializer=write) for channel in channels]
        self._quiet_until = [0.0] * CALLERS
        self._numbers = itertools.count()

    async def closed(self, seconds: float) -> Seen:
        """As many as can be served: each caller waits for its answer before it asks again."""
        seen, started = Seen(), time.monotonic()

        async def one() -> None:
            while time.monotonic() < started + seconds:
                seen.offered += 1
                await self._call(seen, honours=False)

        await asyncio.gather(*(one() for _ in range(BUSY)))
        seen.seconds = time.monotonic() - started
        return seen

    async def by_the_clock(self, rate: float, seconds: float, *, honours: bool) -> Seen:
        """`rate` calls a second, whatever becomes of them. `honours`: push-back is obeyed, within the call's deadline."""
        self._quiet_until = [0.0] * CALLERS
        seen, started = Seen(), time.monotonic()
        watching = asyncio.create_task(_watch(seen))
        tasks: set[asyncio.Task[None]] = set()
        while (passed := time.monotonic() - started) < seconds:
            while seen.offered < rate * passed:
                seen.offered += 1
                if len(tasks) < MOST_OPEN:
                    task = asyncio.create_task(self._call(seen, honours=honours))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            await asyncio.sleep(TICK_S)
        seen.seconds = time.monotonic() - started
        if tasks:
            await asyncio.wait(tasks)
        watching.cancel()
        return seen

    async def at_once(self, seen: Seen, number: int, *, honours: bool) -> None:
        """So many calls at the same moment; `seen` grows meanwhile. Returns when each has ended."""
        self._quiet_until = [0.0] * CALLERS
        seen.offered += number
        await asyncio.gather(*(self._call(seen, honours=honours) for _ in range(number)))

    async def one(self) -> Seen:
        """A single call."""
        seen, started = Seen(), time.monotonic()
        await self._call(seen, honours=False)
        seen.seconds = time.monotonic() - started
        return seen

    async def _call(self, seen: Seen, *, honours: bool) -> None:
        number = next(self._numbers)
        caller, end = number % CALLERS, time.monotonic() + self._deadline_s
        request = decision_pb2.DecideRequest(customer_id=f"l{number}", channel="web", request_id=f"l-{number}")
        while not honours or await self._may_send(caller, end, seen):
            started = time.monotonic()
            try:
                await self._calls[caller % len(self._calls)](request, timeout=max(0.001, end - started))
            except grpc.aio.AioRpcError as error:
                seen.codes[error.code().name] += 1
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return
                seen.refused.append(time.monotonic() - started)
                if not honours:
                    return
                self._quiet_until[caller] = max(self._quiet_until[caller], time.monotonic() + retry_after(error))
                continue
            seen.served.append(time.monotonic() - started)
            if time.monotonic() > end:
                seen.over.append(time.monotonic() - end)
            return

    async def _may_send(self, caller: int, end: float, seen: Seen) -> bool:
        """Waits as long as its caller was asked to; False when the call's time is over before."""
        while (pause := self._quiet_until[caller] - time.monotonic()) > 0:
            if time.monotonic() + pause > end:
                seen.held += 1
                return False
            await asyncio.sleep(pause)
        return True


async def _watch(seen: Seen) -> None:
    """Notes how late this loop comes to what is due."""
    while True:
        due = time.monotonic() + TICK_S
        await asyncio.sleep(TICK_S)
        seen.lag = max(seen.lag, time.monotonic() - due)


def retry_after(error: grpc.aio.AioRpcError) -> float:
    """Seconds that the server asks for, from the trailer that gRPC's own retries read."""
    return next((int(value) / 1000 for name, value in error.trailing_metadata() or () if name == PUSHBACK), 0.1)


@asynccontextmanager
async def callers(address: str, deadline_s: float = DEADLINE_S) -> AsyncIterator[Callers]:
    """Callers on a few connections, whose calls have so long."""
    channels = [grpc.aio.insecure_channel(address, options=OPTIONS) for _ in range(CONNECTIONS)]
    yield Callers(channels, deadline_s)
    for channel in channels:
        await channel.close()
