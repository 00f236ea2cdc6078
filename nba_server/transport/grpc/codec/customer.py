"""Customers, their profiles and consents."""

from __future__ import annotations

from nba_server.application.customer_validation import UpsertCommand
from nba_server.application.customers import CustomerView, UpsertResult
from nba_server.domain.consent import Consent, ConsentStatus
from nba_server.domain.do_not_contact import DoNotContact
from nba_server.errors import InvalidArgument, Violation
from nba_server.pb import consent_pb2, customer_pb2
from nba_server.transport.grpc.codec.matter import to_matter
from nba_server.transport.grpc.codec.values import milliseconds, scalar, timestamp, to_value

_NAMES = {status: f"CONSENT_STATUS_{status.name}" for status in ConsentStatus}
_STATUSES = {consent_pb2.ConsentStatus.Value(name): status for status, name in _NAMES.items()}


def upsert_command(message: customer_pb2.CustomerPatch) -> UpsertCommand:
    """The patch as it arrived. Raises `InvalidArgument` for consents without a status that this server knows."""
    unknown = [
        Violation(f"consents[{index}].status", f"must be one of {', '.join(status.name for status in ConsentStatus)}")
        for index, consent in enumerate(message.consents)
        if consent.status not in _STATUSES
    ]
    if unknown:
        raise InvalidArgument(unknown)
    return UpsertCommand(
        customer_id=message.customer_id,
        expected_version=message.expected_version if message.HasField("expected_version") else None,
        attributes={name: scalar(value) for name, value in message.attributes.items()},
        add_segments=tuple(message.add_segments),
        remove_segments=tuple(message.remove_segments),
        add_products=tuple(message.add_products),
        remove_products=tuple(message.remove_products),
        consents=tuple(_consent(consent) for consent in message.consents),
        do_not_contact=_do_not_contact(message.do_not_contact) if message.HasField("do_not_contact") else None,
        household_id=message.household_id if message.HasField("household_id") else None,
        change_id=message.change_id,
    )


def to_upsert_result(result: UpsertResult) -> customer_pb2.UpsertResult:
    """The version, or a refusal as `REASON: sentence`."""
    error = f"{result.error.reason}: {result.error.message}" if result.error else ""
    return customer_pb2.UpsertResult(version=result.version, error=error, repeated=result.repeated)


def to_customer(view: CustomerView) -> customer_pb2.Customer:
    """The customer as a message."""
    return customer_pb2.Customer(
        customer_id=view.customer_id,
        version=view.version,
        attributes={name: to_value(value, time=name in view.times) for name, value in view.profile.attributes.items()},
        segments=view.profile.segments,
        products=view.profile.products,
        consents=[_to_consent(consent) for consent in view.consents],
        do_not_contact=to_do_not_contact(view.do_not_contact),
        matters=[to_matter(reading) for reading in view.matters],
    )


def to_do_not_contact(entry: DoNotContact) -> customer_pb2.DoNotContact | None:
    """The entry on the do-not-contact list; None where there is none."""
    if not entry.listed:
        return None
    return customer_pb2.DoNotContact(
        listed=True, channels=sorted(entry.channels), source=entry.source, since=timestamp(entry.since_ms)
    )


def _do_not_contact(message: customer_pb2.DoNotContact) -> DoNotContact:
    return DoNotContact(message.listed, frozenset(message.channels), 0, message.source)


def _consent(message: consent_pb2.Consent) -> Consent:
    return Consent(
        channel=message.channel,
        purpose=message.purpose,
        status=_STATUSES[message.status],
        valid_from_ms=milliseconds(message.valid_from),
        valid_to_ms=milliseconds(message.valid_to),
        legal_basis=message.legal_basis,
        text_version=message.text_version,
        source=message.source,
        proof_id=message.proof_id,
    )


def _to_consent(consent: Consent) -> consent_pb2.Consent:
    return consent_pb2.Consent(
        channel=consent.channel,
        purpose=consent.purpose,
        status=_NAMES[consent.status],
        legal_basis=consent.legal_basis,
        text_version=consent.text_version,
        source=consent.source,
        proof_id=consent.proof_id,
        valid_from=timestamp(consent.valid_from_ms),
        valid_to=timestamp(consent.valid_to_ms),
    )
