"""An event as the bytes of a message: a CloudEvent in JSON, and the id by which a repeat is known.

The id follows from the event's place in the journal: whoever sends it, and however often, it is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from nba_server.adapters.webhooks.event import Event
from nba_server.adapters.webhooks.reading import moment

SCHEMA = "1"
"""Version of the payloads. It grows when a field changes its meaning or goes; new fields and types leave it as it is."""
SOURCE = "/nba-server"


def message_id(bucket: int, stream_id: str, number: int) -> str:
    """E.g. `nba_0ad-1768478400000-0-1`."""
    return f"nba_{bucket:03x}-{stream_id}-{number}"


def body_of(event: Event, id_: str, customer_id: str) -> bytes:
    """The message. `customer_id` is empty where it is not told or not known."""
    customer = {"customer_ref": event.customer_ref} | ({"customer_id": customer_id} if customer_id else {})
    return cloud_event(id_, event.type, event.at_ms, customer_id or event.customer_ref, customer | dict(event.data))


def cloud_event(id_: str, type_: str, at_ms: int, subject: str, data: Mapping[str, Any]) -> bytes:
    """A CloudEvent 1.0 in JSON; `nbaschema` is the version of its data."""
    envelope = {
        "specversion": "1.0",
        "id": id_,
        "source": SOURCE,
        "type": type_,
        "time": moment(at_ms),
        "subject": subject,
        "datacontenttype": "application/json",
        "nbaschema": SCHEMA,
        "data": data,
    }
    return orjson.dumps(envelope)
