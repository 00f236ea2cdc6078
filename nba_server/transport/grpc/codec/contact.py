"""Contacts made elsewhere."""

from __future__ import annotations

from nba_server.application.record_contacts import ContactCommand, ContactResult
from nba_server.pb import contact_pb2
from nba_server.transport.grpc.codec.values import milliseconds, scalars


def contact_command(message: contact_pb2.Contact) -> ContactCommand:
    """The contact as it arrived."""
    return ContactCommand(
        customer_id=message.customer_id,
        contact_id=message.contact_id,
        channel=message.channel,
        action=message.action,
        occurred_ms=milliseconds(message.occurred_at),
        pick_probability=message.pick_probability if message.HasField("pick_probability") else None,
        class_=getattr(message, "class"),
        placement=message.placement,
        context=scalars(message.context),
        candidates=tuple(message.candidates),
    )


def to_contact_result(result: ContactResult) -> contact_pb2.ContactResult:
    """What it did; a refusal as `REASON: sentence`."""
    error = f"{result.error.reason}: {result.error.message}" if result.error else ""
    return contact_pb2.ContactResult(recorded=result.recorded, error=error)
