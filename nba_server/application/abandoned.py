"""Releases what was reserved for callers who have gone, so that nothing is held for nobody.

Exactly one effect: the store releases only what no other call of the same request relies on, and a later call with the same id
decides anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from nba_server.application.ports import (
    Attempt,
    HeldContact,
    JournalEncoder,
    OutcomeRecord,
    Release,
    Releases,
    ReleaseStatus,
)
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.errors import NbaError
from nba_server.tasks import ended

CALLER = "server"
REASON = "caller_gone"
"""Caller and reason of the outcome `delivery_failed` that is journaled for each released reservation."""

AGAIN_S = 0.5
AT_ONCE = 32
MOST_WAITING = 100_000

_log = logging.getLogger("nba.abandoned")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """`due` is the moment (monotonic) from which the store can tell for certain."""

    attempt: Attempt
    due: float


class Abandoned:
    """Works in the background between `start` and `stop`.

    `settle_s`: after so long an unanswered commit has happened or never will.
    """

    def __init__(
        self,
        releases: Releases,
        journal: JournalEncoder,
        *,
        settle_s: float,
        released: Callable[[], None] = lambda: None,
    ) -> None:
        """`released` is told each call that was taken off its request."""
        self._releases = releases
        self._journal = journal
        self._settle_s = settle_s
        self._released = released
        self._gone: deque[_Waiting] = deque()
        self._unsettled: deque[_Waiting] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Calls whose reservations are not given back yet."""
        return len(self._gone) + len(self._unsettled)

    async def release(self, attempt: Attempt) -> ReleaseStatus:
        """Takes the call off its request now; never WANTED. Raises `StoreUnavailable`."""
        found = await self._releases.release(attempt, {})
        while found.status is ReleaseStatus.WANTED:
            entries = {held.contact_id: self._entry(attempt, found, held) for held in found.held}
            found = await self._releases.release(attempt, entries)
        self._released()
        return found.status

    def gone(self, attempt: Attempt) -> None:
        """The caller has gone after the commit: released at once."""
        self._put(self._gone, _Waiting(attempt, 0.0))

    def unsettled(self, attempt: Attempt) -> None:
        """The commit was not answered, and so the caller had an error: released once it is certain what happened."""
        self._put(self._unsettled, _Waiting(attempt, time.monotonic() + self._settle_s))

    def start(self) -> None:
        """Begins to work."""
        self._task = asyncio.create_task(self._work(), name="abandoned")

    async def stop(self) -> None:
        """Releases what is certain once more, without waiting for the store if that is away."""
        task, self._task = self._task, None
        await ended(task)
        with contextlib.suppress(NbaError):
            await self._serve(self._gone)

    def _put(self, queue: deque[_Waiting], waiting: _Waiting) -> None:
        if self.waiting >= MOST_WAITING:
            _log.warning("too many calls to release; a reservation is left to its expiry")
            return
        queue.append(waiting)
        self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._serve(self._gone)
                await self._serve(self._unsettled)
            except NbaError as error:
                _log.debug("releases are tried again", extra={"reason": error.reason, "detail": error.detail})
                await asyncio.sleep(AGAIN_S)
                continue
            pause = max(0.0, self._unsettled[0].due - time.monotonic()) if self._unsettled else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _serve(self, queue: deque[_Waiting]) -> None:
        """What is due, in order, some at a time. Raises `NbaError` when the store is away; what was not served stays."""
        while queue and queue[0].due <= time.monotonic():
            due = [waiting for waiting in islice(queue, AT_ONCE) if waiting.due <= time.monotonic()]
            ends = await asyncio.gather(*(self.release(w.attempt) for w in due), return_exceptions=True)
            failed = [(w, end) for w, end in zip(due, ends, strict=True) if isinstance(end, BaseException)]
            for _ in due:
                queue.popleft()
            queue.extendleft(waiting for waiting, _ in reversed(failed))
            for _, end in failed:
                raise end

    def _entry(self, attempt: Attempt, found: Release, held: HeldContact) -> bytes:
        kind = OutcomeType.DELIVERY_FAILED
        event = OutcomeEvent(type=kind, decision_id=found.decision_id, action=held.action, reason=REASON)
        record = OutcomeRecord(
            customer=attempt.customer,
            event=event,
            decision_id=found.decision_id,
            contact_id=held.contact_id,
            action=held.action,
            channel=held.channel,
            occurred_ms=found.at_ms,
            late=False,
            caller=CALLER,
        )
        return self._journal.outcome(record)
