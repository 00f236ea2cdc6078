"""The journal's format: domain records to `nba.v1.JournalEntry` bytes. Equal records give equal bytes.

It knows nothing of where entries are kept; reading them back is journal_decoding.py.
"""

from __future__ import annotations

from nba_server.adapters.journal_candidates import CandidateCodec
from nba_server.adapters.journal_choices import features, picks
from nba_server.adapters.journal_entry import make_single
from nba_server.adapters.journal_events import attribution_entry, event_entry, matter_entry
from nba_server.adapters.journal_values import feature_entry, scalar_value, timestamp_of
from nba_server.application.ports import (
    AttributionRecord,
    ContactRecord,
    CustomerRecord,
    CustomerRef,
    EventRecord,
    IdentityRecord,
    MatterRecord,
    OutcomeRecord,
    PurchaseRecord,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.decision import Decision, DecisionRequest
from nba_server.domain.engagement import CustomerState, Suppression
from nba_server.domain.outcome import OutcomeType
from nba_server.domain.rollout import Arm
from nba_server.pb import consent_pb2, decision_pb2, journal_pb2
from nba_server.wire import delimited

_OUTCOMES = {kind: f"OUTCOME_TYPE_{kind.name}" for kind in OutcomeType}
_CONSENTS = {status: f"CONSENT_STATUS_{status.name}" for status in ConsentStatus}

_DECISION = bytes((journal_pb2.JournalEntry.DECISION_FIELD_NUMBER << 3 | 2,))
"""The tag of a decision in an entry."""


class JournalCodec:
    """Encodes journal entries (the port `JournalEncoder`). `server_version` goes into every entry."""

    def __init__(self, server_version: str = "") -> None:
        self._server_version = server_version
        self._version = _serialised(journal_pb2.JournalEntry(server_version=server_version))
        self._candidates = CandidateCodec()

    def decision(self, decision: Decision, catalog: Catalog, customer: CustomerRef, caller: str) -> bytes:
        """The entry of a decision; the request is kept without the customer and visitor ids."""
        given = decision.input
        entry = journal_pb2.DecisionEntry(
            decision_id=given.decision_id,
            customer_ref=customer.ref,
            decided_at_ms=given.now_ms,
            caller=caller,
            request=journal_request(given.request),
            seed=given.seed,
            catalog_hash=decision.catalog_hash,
            model_version=decision.model_version,
            snapshot=_snapshot(given.state),
            evaluable=decision.evaluable,
            anonymous=not (given.request.customer_id or given.request.visitor_id),
            cap_units=given.caps,
            arm=journal_arm(given.arm) if given.arm is not None else None,
        )
        known = self._candidates.known(decision.candidates, catalog)
        parts = (
            _serialised(entry),
            picks(decision.picks),
            features(decision.features, known.actions),
            known.encode(decision.candidates),
        )
        return _DECISION + delimited(b"".join(parts)) + self._version

    def outcome(self, record: OutcomeRecord) -> bytes:
        """The entry of an outcome."""
        event = record.event
        entry = journal_pb2.OutcomeEntry(
            customer_ref=record.customer.ref,
            decision_id=record.decision_id,
            contact_id=record.contact_id,
            action=record.action,
            channel=record.channel,
            type=_OUTCOMES[event.type],
            event_id=event.event_id,
            occurred_at_ms=record.occurred_ms,
            value=event.value,
            product=event.product,
            reason=event.reason,
            withdraws=event.withdraws,
            late=record.late,
            caller=record.caller,
            suppressions=[
                *(_suppression(suppression) for suppression in record.muted),
                *(_suppression(suppression, lifted=True) for suppression in record.lifted),
            ],
            consents=[_consent(consent) for consent in record.consents],
        )
        return self._bytes(journal_pb2.JournalEntry(outcome=entry))

    def contact(self, record: ContactRecord) -> bytes:
        """The entry of a contact made elsewhere."""
        contact = record.contact
        entry = journal_pb2.ContactEntry(
            customer_ref=record.customer.ref,
            contact_id=contact.id,
            channel=contact.channel,
            action=contact.action,
            occurred_at_ms=contact.at_ms,
            pick_probability=record.pick_probability,
            features=feature_entry(record.features),
            response_until_ms=contact.respond_until_ms,
            placement=contact.placement,
            context={key: scalar_value(value) for key, value in record.context.items()},
            candidates=record.candidates,
            **{"class": contact.class_},
        )
        return self._bytes(journal_pb2.JournalEntry(contact=entry))

    def customer(self, record: CustomerRecord) -> bytes:
        """The entry of a profile change: names of attributes, never their values."""
        entry = journal_pb2.CustomerEntry(
            customer_ref=record.customer.ref,
            version=record.version,
            deleted=record.deleted,
            changed=record.changed,
            consents=[_consent(consent) for consent in record.consents],
        )
        return self._bytes(journal_pb2.JournalEntry(customer=entry))

    def purchase(self, record: PurchaseRecord) -> bytes:
        """The entry of a purchase."""
        entry = journal_pb2.PurchaseEntry(
            customer_ref=record.customer.ref,
            purchase_id=record.purchase_id,
            occurred_at_ms=record.occurred_ms,
            value=record.value,
            returned=record.returned,
        )
        return self._bytes(journal_pb2.JournalEntry(purchase=entry))

    def event(self, record: EventRecord) -> bytes:
        """The entry of an event of the business."""
        return self._bytes(event_entry(record))

    def matter(self, record: MatterRecord) -> bytes:
        """The entry of a matter that was opened or closed."""
        return self._bytes(matter_entry(record))

    def attribution(self, record: AttributionRecord) -> bytes:
        """The entry of what a purchase is put down to."""
        return self._bytes(attribution_entry(record))

    def identity(self, record: IdentityRecord) -> bytes:
        """The entry of a visitor who became known."""
        entry = journal_pb2.IdentityEntry(
            customer_ref=record.customer.ref,
            visitor_ref=record.visitor.ref,
            identified_at_ms=record.identified_ms,
            contact_ids=record.contacts,
            caller=record.caller,
        )
        return self._bytes(journal_pb2.JournalEntry(identity=entry))

    def differences(self, journaled: bytes, recomputed: bytes) -> tuple[str, ...]:
        """Fields in which two decision entries differ; empty when all bits are equal but the server's version."""
        before, after = journal_pb2.JournalEntry(), journal_pb2.JournalEntry()
        before.ParseFromString(journaled)
        after.ParseFromString(recomputed)
        before.server_version = after.server_version
        if before.decision.single_candidates:
            make_single(after.decision)
        if _serialised(before) == _serialised(after):
            return ()
        names = [field.name for field in journal_pb2.DecisionEntry.DESCRIPTOR.fields]
        return tuple(
            f"{name.removeprefix('single_')} differs"
            for name in names
            if _part(before.decision, name) != _part(after.decision, name)
        ) or ("the entries differ outside the decision",)

    def _bytes(self, entry: journal_pb2.JournalEntry) -> bytes:
        entry.server_version = self._server_version
        return _serialised(entry)


def _serialised(entry: journal_pb2.JournalEntry | journal_pb2.DecisionEntry) -> bytes:
    return entry.SerializeToString(deterministic=True)


def _part(entry: journal_pb2.DecisionEntry, name: str) -> bytes:
    """The bytes of one field; bytes, because NaN is not equal to itself."""
    only = journal_pb2.DecisionEntry()
    only.CopyFrom(entry)
    for field in entry.DESCRIPTOR.fields:
        if field.name != name:
            only.ClearField(field.name)
    return _serialised(only)


def journal_request(request: DecisionRequest) -> decision_pb2.DecideRequest:
    """The request as it is kept: without the ids of who asked."""
    return decision_pb2.DecideRequest(
        channel=request.channel,
        placements=[
            decision_pb2.PlacementRequest(placement=p.placement, slots=p.slots, width=p.width, height=p.height)
            for p in request.placements
        ],
        context={key: scalar_value(value) for key, value in request.context.items()},
        request_id=request.request_id,
        excluded_actions=sorted(request.excluded_actions),
        supersedes=request.supersedes,
        defer_activation=request.deferred,
        planned_at=timestamp_of(request.planned_ms),
    )


def _snapshot(state: CustomerState) -> journal_pb2.CustomerSnapshot:
    blobs = state.blobs
    return journal_pb2.CustomerSnapshot(
        profile_version=state.profile_version,
        guard_version=state.guard_version,
        profile=blobs.profile,
        consents=blobs.consents,
        ledger=blobs.ledger,
        suppressions=blobs.suppressions,
        activity=blobs.activity,
        do_not_contact=blobs.do_not_contact,
        household=blobs.household,
        matters=blobs.matters,
    )


def journal_arm(arm: Arm) -> journal_pb2.ArmEntry:
    """A customer's side of a rollout."""
    return journal_pb2.ArmEntry(challenger=arm.challenger, share=arm.share, challenged=arm.challenged)


def _suppression(suppression: Suppression, *, lifted: bool = False) -> journal_pb2.SuppressionChange:
    return journal_pb2.SuppressionChange(
        lifted=lifted,
        rule=suppression.rule,
        level=suppression.level.value,
        key=suppression.key,
        channel=suppression.channel,
        since_ms=suppression.since_ms,
        until_ms=suppression.until_ms,
        cause=suppression.cause,
    )


def _consent(consent: Consent) -> consent_pb2.Consent:
    return consent_pb2.Consent(
        channel=consent.channel,
        purpose=consent.purpose,
        status=_CONSENTS[consent.status],
        legal_basis=consent.legal_basis,
        text_version=consent.text_version,
        source=consent.source,
        proof_id=consent.proof_id,
        valid_from=timestamp_of(consent.valid_from_ms),
        valid_to=timestamp_of(consent.valid_to_ms),
    )
