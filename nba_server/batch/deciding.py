"""Decides for the customers of a batch, many in flight and never more than bound, in their turn, up to the limit.

It knows the server only by a client's calls. With a limit no more are under way than may still be offered something, so that
what is reserved is what is in the list.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from nba_client import Decision, Slot, Value
from nba_client.errors import DeadlineExceeded, InvalidRequest, Overloaded, Unavailable
from nba_server.batch.order import Order, request_id
from nba_server.batch.progress import BEGUN, NO_OFFER, OFFER, REFUSED, WAITING, Progress, Settled

KEEP = 64
"""Answers that are kept in one step."""
KEEP_S = 0.5


class Decides(Protocol):
    """What is needed of a client."""

    async def decide(
        self,
        customer_id: str,
        *,
        channel: str,
        placements: Sequence[Slot],
        context: Mapping[str, Value] | None,
        request_id: str,
        excluded_actions: Sequence[str],
        planned_at: datetime | None,
    ) -> Decision:
        """One decision."""


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `in_flight` calls at once; a server that is away or overloaded is waited for, `patience_s` in all at a time."""

    in_flight: int = 32
    patience_s: float = 120.0
    longest_pause_s: float = 5.0


class Batch:
    """One run. `told` is called with (settled, offers) after each step."""

    def __init__(
        self, client: Decides, progress: Progress, order: Order, name: str, pace: Pace, told: Callable[[int, int], None]
    ) -> None:
        self._client = client
        self._progress = progress
        self._order = order
        self._name = name
        self._pace = pace
        self._told = told
        self._waiting: deque[str] = deque()
        self._answers: list[Settled] = []
        counts = progress.counts()
        self._offers = counts.get(OFFER, 0)
        self._settled = sum(number for state, number in counts.items() if state not in (WAITING, BEGUN))

    async def run(self) -> None:
        """Until everybody is decided for or the limit is reached.

        Raises the client's errors when the server stays away or refuses this caller; what was answered is kept then.
        """
        running: set[asyncio.Task[Settled]] = set()
        kept_at = time.monotonic()
        try:
            while True:
                while len(running) < self._room() and (customer_id := self._next()):
                    running.add(asyncio.create_task(self._decide(customer_id)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                failed = [error for task in done if (error := task.exception()) is not None]
                for task in done:
                    if task.exception() is None:
                        self._take(task.result())
                if failed:
                    raise failed[0]
                if len(self._answers) >= KEEP or time.monotonic() - kept_at >= KEEP_S:
                    self._keep()
                    kept_at = time.monotonic()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._keep()
            self._progress.put_back(list(self._waiting))

    def _room(self) -> int:
        if not self._order.limit:
            return self._pace.in_flight
        return min(self._pace.in_flight, self._order.limit - self._offers)

    def _next(self) -> str | None:
        if not self._waiting:
            self._waiting.extend(self._progress.begin(self._pace.in_flight, time.time()))
        return self._waiting.popleft() if self._waiting else None

    def _take(self, settled: Settled) -> None:
        self._answers.append(settled)
        self._settled += 1
        self._offers += settled.state == OFFER
        self._told(self._settled, self._offers)

    def _keep(self) -> None:
        answers, self._answers = self._answers, []
        if answers:
            self._progress.settle(answers)

    async def _decide(self, customer_id: str) -> Settled:
        """One customer's answer; a request that is wrong for this customer is an answer too."""
        try:
            decision = await self._patiently(customer_id)
        except InvalidRequest as error:
            faults = "; ".join(f"{v.field}: {v.message}" for v in error.violations) or error.message
            return Settled(customer_id, REFUSED, {"reason": error.reason or error.code, "text": faults})
        if not decision.actions:
            reasons = [{"placement": one.placement, "reason": one.reason.code} for one in decision.no_offers]
            return Settled(customer_id, NO_OFFER, {"decision_id": decision.decision_id, "reasons": reasons})
        return Settled(customer_id, OFFER, [_row(decision, number) for number in range(len(decision.actions))])

    async def _patiently(self, customer_id: str) -> Decision:
        order, began, attempt = self._order, time.monotonic(), 0
        while True:
            try:
                return await self._client.decide(
                    customer_id,
                    request_id=request_id(self._name, customer_id),
                    channel=order.channel,
                    placements=order.slots,
                    context=order.context,
                    excluded_actions=order.excluded,
                    planned_at=order.planned,
                )
            except (Unavailable, Overloaded, DeadlineExceeded) as error:
                pause = max(error.retry_after or 0.0, min(self._pace.longest_pause_s, 0.1 * 2**attempt))
                if time.monotonic() + pause - began > self._pace.patience_s:
                    raise
                attempt += 1
                await asyncio.sleep(pause)


def _row(decision: Decision, number: int) -> dict[str, Any]:
    action = decision.actions[number]
    until = action.reserved_until
    return {
        "decision_id": decision.decision_id,
        "placement": action.placement,
        "rank": action.rank,
        "action": action.action,
        "treatment": action.treatment,
        "title": action.title,
        "reserved_until": until.isoformat().replace("+00:00", "Z") if until else "",
        "content": dict(action.content),
    }
