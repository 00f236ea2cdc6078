"""What each type of event means: the message of the API that it becomes. Field by field it is that message in JSON.

Attributes and consents may be written plainly (`{"age": 41}`, `"granted"`); the customer may stand in `subject`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import orjson
from google.protobuf.message import Message

from nba_server.errors import InvalidArgument, Violation
from nba_server.pb import customer_pb2, event_pb2
from nba_server.transport.http.cloud_events.envelope import CloudEvent
from nba_server.transport.http.json_reading import read_json

UPSERT = "/nba.v1.CustomerService/UpsertCustomers"
DELETE = "/nba.v1.CustomerService/DeleteCustomer"
EVENTS = "/nba.v1.EventService/RecordEvents"

Build = Callable[[CloudEvent, dict[str, Any]], Message]
_SHARED = ("customer_id", "channel", "text", "agent")


@dataclass(frozen=True, slots=True)
class Item:
    """An event as the message that it becomes; `method` is the call that takes it."""

    method: str
    message: Any

    @property
    def customer_id(self) -> str:
        """Whose it is."""
        return str(self.message.customer_id)


def item_of(event: CloudEvent) -> Item:
    """The message. Raises `InvalidArgument` with all faults; paths are those of the event."""
    if event.fault:
        raise InvalidArgument([Violation("event", event.fault)])
    known = TYPES.get(event.type)
    if known is None:
        near = get_close_matches(event.type, TYPES, n=1)
        mend = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(TYPES)}"
        raise InvalidArgument([Violation("type", f"`{event.type}` is no event that is taken here; {mend}")])
    method, build = known
    data = {"customer_id": event.subject, **(event.data or {})}
    try:
        return Item(method, build(event, data))
    except InvalidArgument as error:
        raise InvalidArgument([Violation(f"data.{v.field}", v.message) for v in error.violations]) from error


def _customer_changed(event: CloudEvent, data: dict[str, Any]) -> Message:
    patch = {**data, "change_id": event.key}
    if isinstance(patch.get("attributes"), dict):
        patch["attributes"] = {name: _value(value) for name, value in patch["attributes"].items()}
    if isinstance(patch.get("consents"), list):
        patch["consents"] = [_consent(consent) for consent in patch["consents"]]
    return read_json(customer_pb2.CustomerPatch, orjson.dumps(patch))


def _customer_deleted(event: CloudEvent, data: dict[str, Any]) -> Message:
    return read_json(customer_pb2.DeleteCustomerRequest, orjson.dumps(data))


def _value(value: Any) -> Any:
    """A plain value as `nba.v1.Value` has it; null removes the attribute."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"flag": value}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, int):
        return {"integer": str(value)}
    if isinstance(value, float):
        return {"number": value}
    if isinstance(value, list):
        return {"texts": {"items": value}}
    return value


def _consent(consent: Any) -> Any:
    if not isinstance(consent, dict) or not isinstance(consent.get("status"), str):
        return consent
    status = consent["status"]
    named = status if status.startswith("CONSENT_STATUS_") else f"CONSENT_STATUS_{status.upper()}"
    return {**consent, "status": named}


def _event(body: str, fixed: Mapping[str, Any] | None = None) -> Build:
    """A builder of `nba.v1.Event`: what all events share stands beside the body, all else of the data is the body."""

    def build(event: CloudEvent, data: dict[str, Any]) -> Message:
        shared = {name: data[name] for name in _SHARED if name in data}
        inner = {name: value for name, value in data.items() if name not in _SHARED}
        document = {**shared, "event_id": event.key, body: {**inner, **(fixed or {})}}
        if event.time:
            document["occurred_at"] = event.time
        return read_json(event_pb2.Event, orjson.dumps(document))

    return build


TYPES: Mapping[str, tuple[str, Build]] = {
    "nba.customer.changed": (UPSERT, _customer_changed),
    "nba.customer.deleted": (DELETE, _customer_deleted),
    "nba.purchase.made": (EVENTS, _event("purchase")),
    "nba.purchase.returned": (EVENTS, _event("purchase_return")),
    "nba.complaint.raised": (EVENTS, _event("complaint")),
    "nba.case.opened": (EVENTS, _event("service_case", {"status": "SERVICE_CASE_STATUS_OPENED"})),
    "nba.case.updated": (EVENTS, _event("service_case", {"status": "SERVICE_CASE_STATUS_UPDATED"})),
    "nba.case.closed": (EVENTS, _event("service_case", {"status": "SERVICE_CASE_STATUS_CLOSED"})),
    "nba.score.given": (EVENTS, _event("score")),
}
"""Every type that is taken, the call that takes it, and how it becomes that call's message."""
