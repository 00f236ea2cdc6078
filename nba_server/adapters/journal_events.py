"""Journal entries of the business: events, matters, what purchases are put down to. Words stay with the customer."""

from __future__ import annotations

from nba_server.application.ports import AttributionRecord, EventRecord, MatterRecord
from nba_server.pb import journal_pb2


def event_entry(record: EventRecord) -> journal_pb2.JournalEntry:
    """The entry of an event."""
    what = record.what
    entry = journal_pb2.EventEntry(
        customer_ref=record.customer.ref,
        event_id=record.event_id,
        type=what.kind.value,
        occurred_at_ms=what.at_ms,
        channel=what.channel,
        case_id=what.case_id,
        category=what.category,
        measure=what.measure,
        value=what.value,
        caller=record.caller,
    )
    return journal_pb2.JournalEntry(event=entry)


def matter_entry(record: MatterRecord) -> journal_pb2.JournalEntry:
    """The entry of a matter that was opened or closed."""
    entry = journal_pb2.MatterEntry(
        customer_ref=record.customer.ref,
        matter_id=record.matter.id,
        rule=record.matter.rule,
        kind=record.matter.kind.value,
        open=record.open,
        at_ms=record.at_ms,
        event_id=record.event_id,
        channel=record.channel,
        caller=record.caller,
    )
    return journal_pb2.JournalEntry(matter=entry)


def attribution_entry(record: AttributionRecord) -> journal_pb2.JournalEntry:
    """The entry of what a purchase is put down to."""
    touches = [
        journal_pb2.TouchEntry(
            contact_id=touch.contact_id,
            decision_id=touch.decision_id,
            action=touch.action,
            channel=touch.channel,
            at_ms=touch.at_ms,
            product=touch.product,
            value=touch.value,
            last=touch.last,
        )
        for touch in record.touches
    ]
    entry = journal_pb2.AttributionEntry(
        customer_ref=record.customer.ref,
        purchase_id=record.purchase_id,
        occurred_at_ms=record.occurred_ms,
        touches=touches,
    )
    return journal_pb2.JournalEntry(attribution=entry)
