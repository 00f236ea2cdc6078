"""Events of the business."""

from __future__ import annotations

from dataclasses import replace

from nba_server.application.event_validation import EventCommand
from nba_server.application.purchases import PurchaseCommand
from nba_server.application.record_events import EventResult
from nba_server.domain.happening import HappeningKind
from nba_server.pb import event_pb2
from nba_server.transport.grpc.codec.purchase import purchase_command
from nba_server.transport.grpc.codec.values import milliseconds

_STATUSES = {
    event_pb2.SERVICE_CASE_STATUS_OPENED: HappeningKind.CASE_OPENED,
    event_pb2.SERVICE_CASE_STATUS_UPDATED: HappeningKind.CASE_UPDATED,
    event_pb2.SERVICE_CASE_STATUS_CLOSED: HappeningKind.CASE_CLOSED,
}


def event_command(message: event_pb2.Event, caller: str) -> EventCommand:
    """The event as it arrived."""
    kind, case_id, category = _kind(message), "", ""
    if message.HasField("complaint"):
        case_id, category = message.complaint.case_id, message.complaint.category
    elif message.HasField("service_case"):
        case_id, category = message.service_case.case_id, message.service_case.category
    return EventCommand(
        customer_id=message.customer_id,
        event_id=message.event_id,
        caller=caller,
        kind=kind,
        occurred_ms=milliseconds(message.occurred_at),
        channel=message.channel,
        text=message.text,
        agent=message.agent,
        case_id=case_id,
        category=category,
        measure=message.score.measure,
        value=message.score.value if message.HasField("score") else None,
        purchase=_purchase(message) if message.HasField("purchase") else None,
        returns=message.purchase_return.purchase_id if message.HasField("purchase_return") else None,
    )


def to_event_result(result: EventResult) -> event_pb2.EventResult:
    """What it did; a refusal as `REASON: sentence`."""
    error = f"{result.error.reason}: {result.error.message}" if result.error else ""
    return event_pb2.EventResult(
        recorded=result.recorded, effects=result.effects, error=error, matter_ids=result.matters
    )


def _purchase(message: event_pb2.Event) -> PurchaseCommand:
    """The purchase of the event, whose names and time are the event's where it has none of its own."""
    bought = purchase_command(message.purchase)
    return replace(
        bought,
        customer_id=bought.customer_id or message.customer_id,
        purchase_id=bought.purchase_id or message.event_id,
        occurred_ms=bought.occurred_ms or milliseconds(message.occurred_at),
        channel=message.channel,
    )


def _kind(message: event_pb2.Event) -> HappeningKind | None:
    match message.WhichOneof("body"):
        case "complaint":
            return HappeningKind.COMPLAINT
        case "score":
            return HappeningKind.SCORE
        case "service_case":
            return _STATUSES.get(message.service_case.status)
    return None
