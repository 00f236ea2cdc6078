"""Delivers to one endpoint until it is told to stop: reads, sends, keeps in the store how far it is.

What is known to have arrived is kept twice a second, so a process that dies repeats at most that, with the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from nba_server.adapters.redis.webhooks import WebhookLetter
from nba_server.adapters.webhooks.endpoint import Endpoint
from nba_server.adapters.webhooks.intake import Intake
from nba_server.adapters.webhooks.outbox import Message, Outbox, Tries
from nba_server.adapters.webhooks.progress import REDELIVERED, Progress
from nba_server.adapters.webhooks.sending import Answer, Sender
from nba_server.adapters.webhooks.source import Source
from nba_server.errors import NbaError

WINDOW, ENTRIES = 1_000, 200
"""Messages of an endpoint in memory, from which on no more are read, and entries that are read at once."""
WINDOW_BYTES = 8 << 20
DEAD_AT_MOST = 10_000
"""Dead letters of an endpoint. When there are more it waits until they are redelivered or dropped."""
IDLE_S, KEEP_S, LOOK_S, LEAVE_S, RETRY_S = 0.25, 0.5, 2.0, 2.0, 1.0
"""Between reads of a journal without news, writings of the cursor, looks for what commands have asked for; the longest wait for
answers at the end; the wait after a failure of the store."""

_log = logging.getLogger("nba.webhooks")


class Told(Protocol):
    """Who counts what becomes of messages."""

    def attempted(self, endpoint: str, *, delivered: bool) -> None:
        """One attempt."""

    def given_up(self, endpoint: str) -> None:
        """One message became a dead letter."""

    def behind(self, endpoint: str, lag_ms: int, waiting: int) -> None:
        """How old the oldest undelivered event is, and how many messages are in memory."""


class Delivery:
    """One endpoint. `now` is this machine's time in milliseconds, `draw` gives numbers in [0, 1)."""

    def __init__(
        self,
        store: Source,
        endpoint: Endpoint,
        sender: Sender,
        told: Told,
        *,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._sender = sender
        self._told = told
        self._now = now
        self._outbox = Outbox(endpoint.concurrency, endpoint.give_up_ms, draw)
        self._progress = Progress(endpoint.name)
        self._sending: dict[asyncio.Task[Answer], Message] = {}
        self._known: dict[str, Tries] = {}
        self._again: set[str] = set()
        self._switched_off = False
        self._full = False
        self._due = dict.fromkeys(("read", "keep", "look"), 0.0)

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop`; failures of the store are waited out."""
        stopped = asyncio.create_task(stop.wait())
        intake: Intake | None = None
        try:
            while not stop.is_set():
                try:
                    intake = intake or await self._begin()
                    await self._turn(intake)
                except NbaError as error:
                    facts = {"endpoint": self._endpoint.name, "reason": error.reason}
                    _log.warning("webhooks are delayed", extra=facts)
                    self._due = dict.fromkeys(self._due, _clock() + RETRY_S)
                await self._wait(stopped)
            await self._leave()
        finally:
            stopped.cancel()
            for task in self._sending:
                task.cancel()

    async def _begin(self) -> Intake:
        """Goes on where the last process left off."""
        webhooks, name = self._store.webhooks, self._endpoint.name
        for id_, kept in (await webhooks.tries(name)).items():
            self._known[id_] = Tries(kept.attempts, kept.first_ms, kept.due_ms, kept.reason)
        return Intake(self._store, self._endpoint, await webhooks.cursor(name))

    @property
    def _off(self) -> bool:
        return self._switched_off or bool(self._progress.gone)

    async def _turn(self, intake: Intake) -> None:
        """Takes in what is there, starts what may go, keeps what has become of it."""
        due, at = self._due, _clock()
        if at >= due["look"]:
            await self._look()
            due["look"] = at + LOOK_S
        if at >= due["read"] and self._has_room():
            due["read"] = 0.0 if await self._take_in(intake) else at + IDLE_S
        if not self._off and not self._full:
            while message := self._outbox.next(self._now()):
                self._sending[asyncio.create_task(self._sender.send(message.id, message.body))] = message
        if at >= due["keep"]:
            await self._keep()
            due["keep"] = at + KEEP_S

    def _has_room(self) -> bool:
        return self._outbox.messages < WINDOW and self._outbox.size < WINDOW_BYTES and not self._off

    async def _take_in(self, intake: Intake) -> bool:
        """The next entries; whether there were any."""
        taken = await intake.read(min(ENTRIES, WINDOW - self._outbox.messages))
        for record, messages in taken:
            self._outbox.add(record.bucket, record.stream_id, messages, self._known)
            for message in messages:
                self._known.pop(message.id, None)
        return bool(taken)

    async def _wait(self, stopped: asyncio.Task[bool]) -> None:
        """Until an answer comes, or something falls due."""
        moments = [self._due["keep"], self._due["look"]]
        if self._has_room():
            moments.append(self._due["read"])
        seconds = max(0.0, min(moments) - _clock())
        ready = self._outbox.next_at_ms()
        if ready is not None and not (self._sending or self._off or self._full):
            seconds = min(seconds, max(0.0, (ready - self._now()) / 1000))
        await asyncio.wait({stopped, *self._sending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self._take_answers()

    def _take_answers(self) -> None:
        for task in [task for task in self._sending if task.done()]:
            self._note(self._sending.pop(task), task.result())

    def _note(self, message: Message, answer: Answer) -> None:
        """Notes what became of a message."""
        name = self._endpoint.name
        self._told.attempted(name, delivered=answer.delivered)
        if answer.delivered:
            self._outbox.delivered(message.id)
            self._progress.delivered(message, self._now())
            self._again.discard(message.id)
            return
        tries, given_up = self._outbox.failed(message.id, self._now(), answer.reason, answer.asked_ms)
        facts = {"endpoint": name, "id": message.id, "attempts": tries.attempts, "reason": answer.reason}
        if given_up:
            self._progress.given_up(message, tries, self._now())
            self._again.discard(message.id)
            self._told.given_up(name)
            _log.error("a webhook message is given up: see nba webhooks dead", extra=facts)
        else:
            self._progress.failed(message, tries)
            _log.info("a webhook message is tried again", extra=facts)
        if answer.gone:
            self._progress.gone = f"the receiver wants nothing any more: {answer.reason}"
            _log.error("an endpoint is told nothing any more: see nba webhooks enable", extra=facts)

    async def _keep(self) -> None:
        """Writes down what has become of messages, and tells how far behind it is."""
        self._progress.settled(self._outbox.marks())
        was_gone = bool(self._progress.gone)
        await self._progress.keep(self._store.webhooks)
        self._switched_off |= was_gone
        oldest = self._outbox.oldest_ms()
        lag_ms = 0 if oldest is None else max(0, await self._store.clock.now() - oldest)
        self._told.behind(self._endpoint.name, lag_ms, self._outbox.messages)

    async def _look(self) -> None:
        """Looks whether it was switched on or off by command, and for dead letters that are to be delivered again."""
        webhooks, name = self._store.webhooks, self._endpoint.name
        state = next((state for state in await webhooks.states() if state.name == name), None)
        self._switched_off = state is None or bool(state.disabled)
        full = await webhooks.dead_count(name) >= DEAD_AT_MOST
        if full and not self._full:
            facts = {"endpoint": name, "most": DEAD_AT_MOST}
            _log.error("an endpoint has too many dead letters and waits until they are dealt with", extra=facts)
        letters = await webhooks.again(name)
        self._full = full and not letters
        for letter in letters:
            if letter.id not in self._again and self._outbox.messages < WINDOW:
                self._again.add(letter.id)
                self._outbox.add(REDELIVERED, letter.id, [_message(letter)], {})

    async def _leave(self) -> None:
        """Waits a little for answers, then keeps what is known."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=LEAVE_S)
            self._take_answers()
        with suppress(NbaError):
            await self._keep()


def _clock() -> float:
    return asyncio.get_running_loop().time()


def _message(letter: WebhookLetter) -> Message:
    """A dead letter as a message, behind all others of its customer."""
    return Message(
        letter.id, REDELIVERED, letter.id, (letter.at_ms, 0), letter.lane, letter.type, letter.at_ms, letter.body
    )
