"""What has become of an endpoint's messages since it was last kept in the store, and the order in which it is kept.

Dead letters first, cursors last: a process that dies in between repeats messages and loses none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nba_server.adapters.redis.webhooks import KeptTries, WebhookLetter, WebhookStore
from nba_server.adapters.webhooks.outbox import Message, Tries
from nba_server.errors import NbaError

REDELIVERED = -1
"""The bucket of messages that are delivered again; they move no cursor."""


@dataclass(slots=True)
class Progress:
    """Notes until `keep()`. `gone`: why the endpoint is to be told nothing any more; empty while it is."""

    name: str
    gone: str = ""
    _settled: list[str] = field(default_factory=list)
    _redelivered: list[str] = field(default_factory=list)
    _failed: dict[str, KeptTries] = field(default_factory=dict)
    _dead: dict[str, WebhookLetter] = field(default_factory=dict)
    _marks: dict[int, str] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)
    _said: dict[str, int | str] = field(default_factory=dict)

    def delivered(self, message: Message, now_ms: int) -> None:
        """It has arrived."""
        self._failed.pop(message.id, None)
        (self._redelivered if message.bucket == REDELIVERED else self._settled).append(message.id)
        self._count("delivered")
        self._said |= {"last_ms": now_ms, "failing": ""}

    def failed(self, message: Message, tries: Tries) -> None:
        """It has not, and is tried again."""
        self._failed[message.id] = KeptTries(tries.attempts, tries.first_ms, tries.due_ms, tries.reason)
        self._count("failures")
        self._said["failing"] = tries.reason

    def given_up(self, message: Message, tries: Tries, now_ms: int) -> None:
        """It has not, and becomes a dead letter."""
        self._failed.pop(message.id, None)
        self._count("failures")
        self._said["failing"] = tries.reason
        about = (message.id, message.type, message.lane, message.at_ms)
        self._dead[message.id] = WebhookLetter(*about, tries.attempts, now_ms, tries.reason, message.body)

    def settled(self, marks: Mapping[int, str]) -> None:
        """How far everything is settled now, by bucket."""
        self._marks |= {bucket: stream_id for bucket, stream_id in marks.items() if bucket != REDELIVERED}

    async def keep(self, store: WebhookStore) -> None:
        """Writes it all down. Raises `StoreUnavailable`; then it is written down another time."""
        if not (self._marks or self._counts or self.gone):
            return
        kept = Progress(self.name, self.gone, self._settled, self._redelivered, self._failed, self._dead, self._marks)
        kept._counts, kept._said = self._counts, self._said
        self._begin_anew()
        try:
            await store.advance(
                self.name,
                kept._marks,
                settled=kept._settled,
                failed=kept._failed,
                dead=list(kept._dead.values()),
                counts={**kept._counts, **kept._said},
            )
            await store.drop(self.name, kept._redelivered)
            if kept.gone:
                await store.disable(self.name, kept.gone)
        except NbaError:
            self._put_before(kept)
            raise
        self.gone = ""

    def _count(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1

    def _begin_anew(self) -> None:
        self._settled, self._redelivered = [], []
        self._failed, self._dead, self._marks, self._counts, self._said = {}, {}, {}, {}, {}

    def _put_before(self, kept: Progress) -> None:
        """Takes back what could not be written down; what was noted meanwhile is newer. Counters may count twice then."""
        over = {*self._settled, *self._redelivered, *self._dead}
        self._settled = kept._settled + self._settled
        self._redelivered = kept._redelivered + self._redelivered
        self._failed = {id_: tries for id_, tries in (kept._failed | self._failed).items() if id_ not in over}
        self._dead = kept._dead | self._dead
        self._marks = kept._marks | self._marks
        self._counts = {
            what: kept._counts.get(what, 0) + self._counts.get(what, 0) for what in kept._counts | self._counts
        }
        self._said = kept._said | self._said
