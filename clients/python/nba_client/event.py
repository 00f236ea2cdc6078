"""Events of the business: complaints, service cases, scores, purchases and their returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nba_client.call import Call, Kind
from nba_client.contact import Purchase, purchase_message
from nba_client.pb import event_pb2
from nba_client.value import to_timestamp


class CaseStatus(StrEnum):
    """What became of a service case."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Complaint:
    """The customer complained. Complaints of one `case_id` are one matter."""

    case_id: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class ServiceCase:
    """A case of a service desk; when it is closed the event's text is the closing note."""

    case_id: str
    status: CaseStatus | str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """The customer gave a score; `measure` is e.g. `nps`."""

    value: float
    measure: str = ""


@dataclass(frozen=True, slots=True)
class PurchaseReturn:
    """A purchase that counts no more."""

    purchase_id: str


Happened = Complaint | ServiceCase | Score | Purchase | PurchaseReturn


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a customer's; a repeat of `event_id` changes nothing. `occurred_at` None: now.

    `text` stays with the customer, it is never journaled. `agent`: who took it in, where the key stands for many people.
    """

    customer_id: str
    event_id: str
    what: Happened
    occurred_at: datetime | None = None
    channel: str = ""
    text: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class EventRecorded:
    """`recorded` is False for a repeat, and when it was refused; then `error` says why. `effects` in words."""

    recorded: bool
    effects: tuple[str, ...] = ()
    matter_ids: tuple[str, ...] = ()
    error: str = ""


def events_call(events: Sequence[Event]) -> Call[list[EventRecorded]]:
    """The call of `RecordEvents`."""
    request = event_pb2.RecordEventsRequest(events=[_event(event) for event in events])
    kind: Kind = "write" if len(events) == 1 else "batch"
    return Call("EventService", "RecordEvents", request, event_pb2.RecordEventsResponse, _results, kind)


def _event(event: Event) -> event_pb2.Event:
    message = event_pb2.Event(
        customer_id=event.customer_id,
        event_id=event.event_id,
        occurred_at=to_timestamp("occurred_at", event.occurred_at),
        channel=event.channel,
        text=event.text,
        agent=event.agent,
    )
    what = event.what
    if isinstance(what, Complaint):
        message.complaint.CopyFrom(event_pb2.Complaint(case_id=what.case_id, category=what.category))
    elif isinstance(what, ServiceCase):
        status = f"SERVICE_CASE_STATUS_{CaseStatus(what.status).name}"
        case = event_pb2.ServiceCase(case_id=what.case_id, status=status, category=what.category)
        message.service_case.CopyFrom(case)
    elif isinstance(what, Score):
        message.score.CopyFrom(event_pb2.Score(measure=what.measure, value=what.value))
    elif isinstance(what, PurchaseReturn):
        message.purchase_return.CopyFrom(event_pb2.PurchaseReturn(purchase_id=what.purchase_id))
    else:
        message.purchase.CopyFrom(purchase_message(what))
    return message


def _results(message: Any) -> list[EventRecorded]:
    return [
        EventRecorded(item.recorded, tuple(item.effects), tuple(item.matter_ids), item.error)
        for item in message.results
    ]
