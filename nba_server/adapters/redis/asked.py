"""A batch that somebody waits for, no longer than the patience with its store; its answer is taken note of however late it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from redis.exceptions import TimeoutError as NoAnswer

_SLICES = 4
_LATE = 1.25
"""A wait is cut into slices. One that took longer than it should by this factor, and 5 ms, is not counted: then this process was
busy, and the answer may lie there unread. Its own stalls are not the store's."""


class Asked:
    """`learn` is told how long an answer took, in seconds, also when nobody waits for it any more."""

    __slots__ = ("_began", "_counted", "_learn", "_outcome", "_slice_s", "_started", "_timer", "_waiter")

    def __init__(self, learn: Callable[[float], None]) -> None:
        self._learn = learn
        self._started = time.monotonic()
        self._outcome: list[Any] | Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def settled(self) -> bool:
        """Whether there is nothing to wait for."""
        return self._outcome is not None

    def learn(self) -> None:
        """It is answered now."""
        self._learn(time.monotonic() - self._started)

    def settle(self, outcome: list[Any] | Exception) -> None:
        """Takes the replies, or why there are none."""
        if isinstance(outcome, list):
            self.learn()
        if self._outcome is None:
            self._end(outcome)

    def replies(self) -> list[Any]:
        """What came. Raises why nothing did: `NoAnswer` after a silence."""
        if not isinstance(self._outcome, list):
            raise self._outcome or NoAnswer("nothing was asked")
        return self._outcome

    async def wait(self, patience_s: float) -> None:
        """Returns when there is an outcome, at the latest when the patience is over."""
        loop = asyncio.get_running_loop()
        self._slice_s, self._counted, self._began = patience_s / _SLICES, 0, time.monotonic()
        self._waiter = loop.create_future()
        self._timer = loop.call_later(self._slice_s, self._tick)
        try:
            await self._waiter
        finally:
            self._timer.cancel()

    def _tick(self) -> None:
        now = time.monotonic()
        self._counted += now - self._began < self._slice_s * _LATE + 0.005
        if self._counted >= _SLICES:
            self._end(NoAnswer(f"no answer within {self._slice_s * _SLICES * 1000:.0f} ms"))
        else:
            self._began = now
            self._timer = asyncio.get_running_loop().call_later(self._slice_s, self._tick)

    def _end(self, outcome: list[Any] | Exception) -> None:
        self._outcome = outcome
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
