"""Gathers what several outcomes do to one customer into one write, with its journal entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nba_server.application.ports import CustomerRef, CustomerWrite, JournalEncoder, OutcomeRecord
from nba_server.domain.case_file import CaseFile
from nba_server.domain.charging import given_back
from nba_server.domain.consent import Consent, changed_consents, taken_back
from nba_server.domain.engagement import CustomerState
from nba_server.domain.outcome import OutcomeEvent
from nba_server.domain.reaction import Reacted


class Reactions:
    """`state` is the customer after all that was added so far."""

    def __init__(self, customer: CustomerRef, state: CustomerState, journal: JournalEncoder) -> None:
        self.state = state
        self.customer = customer
        self.journal = journal
        self._before = state
        self._guard_changed = False
        self._entries: list[tuple[str, bytes]] = []

    def add(self, reacted: Reacted, caller: str) -> None:
        """Takes over what an outcome, or the end of a wait, changed."""
        consents_before = self.state.consents
        self.state = replace(
            self.state,
            ledger=reacted.ledger,
            suppressions=reacted.suppressions,
            suppression_hash=reacted.suppression_hash,
            consents=self.state.consents if reacted.consents is None else reacted.consents,
        )
        self._guard_changed |= reacted.guard_changed
        if reacted.event is not None:
            record = self._record(reacted.event, reacted, caller, consents_before)
            self.note("outcome", self.journal.outcome(record))

    def note(self, kind: str, payload: bytes) -> None:
        """Adds a journal entry."""
        self._entries.append((kind, payload))

    def put_file(self, file: CaseFile, now_ms: int) -> None:
        """Takes over a changed case file; decisions made on other open matters are stale."""
        matters = file.open(now_ms)
        self._guard_changed |= matters != self.state.matters
        self.state = replace(self.state, file=file, matters=matters)

    def write(self) -> CustomerWrite | None:
        """All of it as one write; None when nothing was added."""
        before, after = self._before, self.state
        if not self._entries and after == before:
            return None
        consents_changed = after.consents != before.consents
        muted = (after.suppressions, after.suppression_hash)
        muting_changed = muted != (before.suppressions, before.suppression_hash)
        return CustomerWrite(
            customer=self.customer,
            engagement_version=before.engagement_version,
            consents=after.consents if consents_changed else None,
            ledger=after.ledger if after.ledger is not before.ledger else None,
            suppressions=after.suppressions if muting_changed else None,
            suppression_hash=after.suppression_hash,
            profile=after.profile if after.profile is not before.profile else None,
            activity=after.activity if after.activity is not before.activity else None,
            file=after.file if after.file is not before.file else None,
            matters=after.matters,
            gives_back=given_back(before.ledger, after.ledger),
            bump_profile=consents_changed or after.profile is not before.profile,
            bump_guard=self._guard_changed,
            entries=tuple(self._entries),
            withdraws=taken_back(before.consents, after.consents) if consents_changed else (),
        )

    def _record(self, event: OutcomeEvent, reacted: Reacted, caller: str, before: Sequence[Consent]) -> OutcomeRecord:
        return OutcomeRecord(
            customer=self.customer,
            event=event,
            decision_id=reacted.contact.decision_id,
            contact_id=reacted.contact.id,
            action=event.action,
            channel=reacted.contact.channel,
            occurred_ms=event.occurred_ms,
            late=reacted.late,
            caller=caller,
            muted=reacted.muted,
            lifted=reacted.lifted,
            consents=() if reacted.consents is None else changed_consents(before, reacted.consents),
        )
