"""Stand-ins for the encoders and for the journal's reader: answers and entries as readable lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from nba_server.application.ports import (
    AttributionRecord,
    ContactRecord,
    CustomerRecord,
    CustomerRef,
    EventRecord,
    IdentityRecord,
    JournaledDecision,
    MatterRecord,
    OutcomeRecord,
    PurchaseRecord,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision


class PlainAnswers:
    """Answers as readable lines."""

    def head(self, decision: Decision, catalog: Catalog) -> bytes:
        """The decision id."""
        return f"decision {decision.input.decision_id or 'preview'}\n".encode()

    def action(
        self, decision: Decision, catalog: Catalog, pick: int, rank: int, *, substituted: bool, reserved_until_ms: int
    ) -> bytes:
        """Placement, rank and action."""
        candidate = decision.candidates[decision.picks[pick].candidate]
        mark = " substituted" if substituted else ""
        return f"{candidate.placement} {rank} {catalog.actions[candidate.action].id}{mark}\n".encode()

    def no_offer(self, placement: str, decision: Decision) -> bytes:
        """The placement and its reason."""
        reason = decision.no_offer.get(placement)
        return f"{placement} none {reason.code if reason else 'lost_race'}\n".encode()

    def withdrawn(self, placement: str) -> bytes:
        """The placement, withdrawn."""
        return f"{placement} withdrawn\n".encode()


class PlainJournal:
    """Entries as readable text; equal records give equal bytes."""

    def decision(self, decision: Decision, catalog: Catalog, customer: CustomerRef, caller: str) -> bytes:
        """What was chosen, on what."""
        given = decision.input
        request = given.request._replace(customer_id="", visitor_id="")
        return repr((given.decision_id, customer.ref, caller, request, given.now_ms, decision.picks)).encode()

    def outcome(self, record: OutcomeRecord) -> bytes:
        """Contact, type and caller."""
        return f"{record.contact_id} {record.event.type} {record.caller}{' late' if record.late else ''}".encode()

    def contact(self, record: ContactRecord) -> bytes:
        """Contact and channel."""
        return f"{record.contact.id} {record.contact.channel} {record.features.definition_hash}".encode()

    def customer(self, record: CustomerRecord) -> bytes:
        """Version and changed names."""
        return f"{record.version} {'deleted' if record.deleted else ','.join(record.changed)}".encode()

    def purchase(self, record: PurchaseRecord) -> bytes:
        """Id and value."""
        return f"{record.purchase_id} {record.value}".encode()

    def identity(self, record: IdentityRecord) -> bytes:
        """Contacts and caller."""
        return f"{record.contacts} {record.caller}".encode()

    def event(self, record: EventRecord) -> bytes:
        """Id, kind and caller."""
        return f"{record.event_id} {record.what.kind} {record.caller}".encode()

    def matter(self, record: MatterRecord) -> bytes:
        """Rule, and whether it is open."""
        return f"{record.matter.rule} {'open' if record.open else 'closed'} {record.caller}".encode()

    def attribution(self, record: AttributionRecord) -> bytes:
        """The touches, the last one marked."""
        return " ".join(f"{t.contact_id}{'*' if t.last else ''}" for t in record.touches).encode()

    def differences(self, journaled: bytes, recomputed: bytes) -> tuple[str, ...]:
        """Equal or not."""
        return () if journaled == recomputed else ("the entries differ",)


@dataclass
class FakeJournalReader:
    """Journaled decisions by id."""

    entries: dict[str, JournaledDecision] = field(default_factory=dict)

    async def find(self, decision_id: str) -> JournaledDecision | None:
        """The entry or None."""
        return self.entries.get(decision_id)
