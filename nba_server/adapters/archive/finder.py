"""Finds decisions: in the journal while the store remembers the request, else in the archive."""

from __future__ import annotations

import asyncio
from typing import Protocol

from nba_server.adapters.archive.entry import ArchivedEntry
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.decision_time import decision_time
from nba_server.adapters.journal_decoding import KeptDecision, decode_decision
from nba_server.application.ports import JournaledDecision


class AnsweredDecision(KeptDecision, Protocol):
    """A decision's entry with the answer that was given."""

    @property
    def answer(self) -> bytes:
        """The bytes of the answer."""


class RememberedDecisions(Protocol):
    """The journal, by request."""

    async def find(self, request_key: str, bucket: int) -> AnsweredDecision | None:
        """The decision of a request; None when the store has forgotten one of the two."""


class JournalFinder:
    """The port `JournalReader`. What comes from the archive has no answer bytes: they are encoded again from the rest."""

    def __init__(self, journal: RememberedDecisions, archive: ArchiveReader) -> None:
        self._journal = journal
        self._archive = archive

    async def find(self, decision_id: str) -> JournaledDecision | None:
        """None when it is unknown. Raises `InvalidArgument` for what is no decision id, `ArchiveDamaged`."""
        decision_time(decision_id)
        bucket, _, request_key = decision_id.split("-")
        try:
            kept = await self._journal.find(request_key, int(bucket, 16))
        except ValueError:  # a bucket that is no number
            return None
        if kept is not None:
            found = decode_decision(kept, kept.answer)
            if found.decision_id == decision_id:
                return found  # else the request was released and decided anew
        archived = await asyncio.to_thread(self._search, decision_id)
        return decode_decision(archived) if archived else None

    def _search(self, decision_id: str) -> ArchivedEntry | None:
        self._archive.refresh()
        return self._archive.find_decision(decision_id)
