"""Callers that never stop: what happens to a server under them must fail none of their calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from tests.integration.running import Stubs, request


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Stubs]:
    """Stubs on a connection of their own, which tries again while the server is being reached."""
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_reconnect_backoff_ms", 200),
        ("grpc.lb_policy_name", "round_robin"),  # for `ipv4:one,another`
    ]
    async with grpc.aio.insecure_channel(address, options) as channel:
        yield Stubs(channel)


class Load:
    """Callers that never stop, each on a connection of its own; a call that fails fails the test. `done` have succeeded."""

    def __init__(self, address: str, callers: int = 6) -> None:
        self._address = address
        self._callers = callers
        self._stop = False
        self.done = 0
        self._news = asyncio.Condition()

    async def __aenter__(self) -> None:
        self._tasks = [asyncio.create_task(self._call(number)) for number in range(self._callers)]

    async def __aexit__(self, *_: object) -> None:
        self._stop = True
        await asyncio.gather(*self._tasks)

    async def more(self, calls: int) -> None:
        """Waits until so many more calls have succeeded."""
        wanted = self.done + calls
        async with self._news:
            await self._news.wait_for(lambda: self.done >= wanted or any(task.done() for task in self._tasks))

    async def _call(self, number: int) -> None:
        async with connected(self._address) as stubs:
            while not self._stop:
                await stubs.decisions.Decide(request(f"c{number}", "web"), wait_for_ready=True, timeout=30)
                async with self._news:
                    self.done += 1
                    self._news.notify_all()
