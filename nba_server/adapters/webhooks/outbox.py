"""What waits to be delivered to one endpoint, in bounded memory: which message may go next, and how far all is settled.

Pure: it holds no connection and reads no clock. Messages of one customer go one after another in their order; those of
different customers side by side. The mark of a bucket is the last entry up to which everything is settled.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nba_server.adapters.webhooks.backoff import wait_ms

STRIKES = 3
"""Failures in a row after which the endpoint as a whole is left alone for a while."""
LEAST_ATTEMPTS = 5
"""A message is not given up before so many, however long it has waited."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message under way. `order` sorts by the journal; `lane` is the customer's reference; `at_ms` the event's time."""

    id: str
    bucket: int
    stream_id: str
    order: tuple[int, ...]
    lane: str
    type: str
    at_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Tries:
    """How a message has failed so far: how often, since when, when it is tried again, and why at last."""

    attempts: int
    first_ms: int
    due_ms: int
    reason: str


@dataclass(slots=True)
class _Entry:
    """A journal entry in the window, and how many of its messages are not settled."""

    stream_id: str
    open: int


@dataclass(slots=True)
class Outbox:
    """`draw` gives numbers in [0, 1). `given_up` of `failed` says that the message leaves for the dead letters."""

    concurrency: int
    give_up_ms: int
    draw: Callable[[], float]
    strikes: int = 0
    resting_until_ms: int = 0
    _allowed: int = field(init=False)
    _entries: dict[int, deque[_Entry]] = field(init=False, default_factory=dict)
    _lanes: dict[str, deque[Message]] = field(init=False, default_factory=dict)
    _fresh: list[tuple[tuple[int, ...], str]] = field(init=False, default_factory=list)
    _waiting: list[tuple[int, tuple[int, ...], str]] = field(init=False, default_factory=list)
    _tries: dict[str, Tries] = field(init=False, default_factory=dict)
    _under_way: dict[str, Message] = field(init=False, default_factory=dict)
    _marks: dict[int, str] = field(init=False, default_factory=dict)
    messages: int = field(init=False, default=0)
    size: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._allowed = self.concurrency

    def add(self, bucket: int, stream_id: str, messages: list[Message], known: dict[str, Tries]) -> None:
        """Takes in the next entry of a bucket with its messages (maybe none); `known` are earlier failures by message id."""
        entries = self._entries.setdefault(bucket, deque())
        if entries and not entries[-1].open and not messages:
            entries[-1].stream_id = stream_id  # so that what nobody wants takes no memory behind what waits
        else:
            entries.append(_Entry(stream_id, len(messages)))
        for message in messages:
            self.messages += 1
            self.size += len(message.body)
            if message.id in known:
                self._tries[message.id] = known[message.id]
            lane = self._lanes.setdefault(message.lane, deque())
            lane.append(message)
            if len(lane) == 1:
                self._line_up(message)
        self._move_mark(bucket)

    def next(self, now_ms: int) -> Message | None:
        """The message that may go now, from then on under way; None while none may.

        While all is well those whose turn has come again go before new ones. When the endpoint is in trouble, new ones are
        tried first: it may be one message that it cannot take, and then the others must not wait for it.
        """
        if now_ms < self.resting_until_ms or len(self._under_way) >= self._allowed:
            return None
        due = bool(self._waiting) and self._waiting[0][0] <= now_ms
        if self._fresh and not (due and not self.strikes):
            lane = heapq.heappop(self._fresh)[1]
        elif due:
            lane = heapq.heappop(self._waiting)[2]
        else:
            return None
        message = self._lanes[lane][0]
        self._under_way[message.id] = message
        return message

    def next_at_ms(self) -> int | None:
        """When a message may go, if nothing else happens; None while none waits."""
        if self._fresh:
            return self.resting_until_ms
        return max(self.resting_until_ms, self._waiting[0][0]) if self._waiting else None

    def delivered(self, id_: str) -> None:
        """It has arrived."""
        self.strikes, self.resting_until_ms = 0, 0
        self._allowed = min(self.concurrency, self._allowed * 2)
        self._settle(self._under_way.pop(id_))

    def failed(self, id_: str, now_ms: int, reason: str, asked_ms: int = 0) -> tuple[Tries, bool]:
        """It has not; gives how it stands now, and whether it is given up. `asked_ms`: the receiver wants to be left alone."""
        message = self._under_way.pop(id_)
        self.strikes += 1
        self._allowed = 1
        if self.strikes >= STRIKES or asked_ms:
            rest = wait_ms(max(1, self.strikes - STRIKES + 1), self.draw(), asked_ms)
            self.resting_until_ms = max(self.resting_until_ms, now_ms + rest)
        before = self._tries.get(id_)
        attempts = before.attempts + 1 if before else 1
        first_ms = before.first_ms if before else now_ms
        due_ms = now_ms + wait_ms(attempts, self.draw(), asked_ms)
        tries = self._tries[id_] = Tries(attempts, first_ms, due_ms, reason)
        given_up = attempts >= LEAST_ATTEMPTS and now_ms - first_ms >= self.give_up_ms
        if given_up:
            self._settle(message)
        else:
            heapq.heappush(self._waiting, (due_ms, message.order, message.lane))
        return tries, given_up

    def marks(self) -> dict[int, str]:
        """The marks that have moved since they were last asked for, by bucket."""
        moved, self._marks = self._marks, {}
        return moved

    def oldest_ms(self) -> int | None:
        """The time of the oldest event that is not settled; None when all are."""
        return min((lane[0].at_ms for lane in self._lanes.values()), default=None)

    def _line_up(self, message: Message) -> None:
        tries = self._tries.get(message.id)
        if tries is None:
            heapq.heappush(self._fresh, (message.order, message.lane))
        else:
            heapq.heappush(self._waiting, (tries.due_ms, message.order, message.lane))

    def _settle(self, message: Message) -> None:
        self._tries.pop(message.id, None)
        self.messages -= 1
        self.size -= len(message.body)
        lane = self._lanes[message.lane]
        lane.popleft()
        if lane:
            self._line_up(lane[0])
        else:
            del self._lanes[message.lane]
        for entry in self._entries[message.bucket]:
            if entry.stream_id == message.stream_id:
                entry.open -= 1
                break
        self._move_mark(message.bucket)

    def _move_mark(self, bucket: int) -> None:
        entries = self._entries[bucket]
        while entries and not entries[0].open:
            self._marks[bucket] = entries.popleft().stream_id
