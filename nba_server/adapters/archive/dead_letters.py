"""Entries that could not be archived: why not, and back into the journal when this version can read them.

An entry of a kind that came with a newer server is put aside by an older archiver during an upgrade; nothing of it is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nba_server.adapters.archive.schema import Poison, row_of
from nba_server.adapters.redis.journal import DeadLetter

LIMIT = 1_000_000
"""Most dead letters that are looked at in one go."""


class Letters(Protocol):
    """The journal's dead letters."""

    async def dead_letters(self, limit: int) -> Sequence[DeadLetter]:
        """Entries put aside, oldest first, at most `limit`."""

    async def revive(self, letter: DeadLetter) -> str:
        """Puts one back at the journal's end; empty when it is gone."""


@dataclass(frozen=True, slots=True)
class DeadEntry:
    """A dead letter: the entry's place and time, the size of its payload in bytes, why it was put aside.

    `readable` says whether this version can archive it.
    """

    bucket: int
    stream_id: str
    at_ms: int
    kind: str
    size: int
    reason: str
    readable: bool


async def dead_entries(journal: Letters) -> list[DeadEntry]:
    """All dead letters, oldest first."""
    return [_entry(letter) for letter in await journal.dead_letters(LIMIT)]


async def retry(journal: Letters) -> list[DeadEntry]:
    """Puts those back that this version can read, each once, for the archiver to take; gives them."""
    back = []
    for letter in await journal.dead_letters(LIMIT):
        entry = _entry(letter)
        if entry.readable and await journal.revive(letter):
            back.append(entry)
    return back


def _entry(letter: DeadLetter) -> DeadEntry:
    record, reason, readable = letter.record, letter.reason, True
    try:
        row_of(record)
    except Poison as poison:
        reason, readable = str(poison), False
    return DeadEntry(record.bucket, record.stream_id, record.at_ms, record.kind, len(record.payload), reason, readable)
