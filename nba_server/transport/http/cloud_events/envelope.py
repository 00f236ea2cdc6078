"""CloudEvents 1.0 as they arrive over HTTP: structured, as a batch, or binary with the attributes in headers.

Knows the envelope only; what the types mean is messages.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
MOST = 1_000
"""Events of one request."""
_LONGEST = 512
_REQUIRED = ("id", "source", "type")


class NotReadable(ValueError):
    """The request as a whole is no CloudEvent; the text says why, and what would be one."""


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event. `fault` says what is wrong with its envelope; empty when nothing is. `data` is {} where there is none."""

    id: str
    source: str
    type: str
    subject: str = ""
    time: str = ""
    data: Mapping[str, Any] | None = None
    fault: str = ""

    @property
    def key(self) -> str:
        """Names the event whoever sends it again: CloudEvents are told apart by source and id together."""
        name = f"{len(self.source)}:{self.source}{self.id}".encode()
        return "ce:" + hashlib.blake2b(name, digest_size=16).hexdigest()


def read(content_type: str, headers: Mapping[str, str], body: bytes) -> tuple[list[CloudEvent], bool]:
    """The events of a request, and whether they came as a batch. Raises `NotReadable`."""
    form = content_type.partition(";")[0].strip().lower()
    if form == BATCH:
        documents = _json(body)
        if not isinstance(documents, list):
            raise NotReadable("a batch must be a JSON list of CloudEvents")
        if len(documents) > MOST:
            raise NotReadable(f"a batch has at most {MOST:,} events, this one has {len(documents):,}")
        return [_structured(document) for document in documents], True
    if form == STRUCTURED:
        return [_structured(_json(body))], False
    if "ce-type" in headers or "ce-id" in headers:
        if form not in ("application/json", "") and not form.endswith("+json"):
            raise NotReadable(f"data must be JSON, not {form}")
        attributes = {name[3:]: unquote(value) for name, value in headers.items() if name.startswith("ce-")}
        return [_event(attributes, _json(body) if body else {})], False
    raise NotReadable(
        f"a CloudEvent is sent as {STRUCTURED}, several as {BATCH}, or its data alone as application/json with headers ce-id, "
        f"ce-source, ce-type and ce-specversion; this is {form or 'without a content type'}"
    )


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as fault:
        raise NotReadable(f"the body is no JSON: {fault}") from fault


def _structured(document: Any) -> CloudEvent:
    if not isinstance(document, dict):
        return CloudEvent("", "", "", fault="is no JSON object")
    data = document.get("data", {})
    if "data_base64" in document:
        return _event(document, None, "has its data in `data_base64`; send JSON in `data`")
    return _event(document, data)


def _event(attributes: Mapping[str, Any], data: Any, fault: str = "") -> CloudEvent:
    faults = [fault] if fault else []
    texts: dict[str, str] = {}
    for name in (*_REQUIRED, "subject", "time", "specversion"):
        value = attributes.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST or not (value.isprintable()):
            faults.append(f"`{name}` must be a text of at most {_LONGEST} characters")
            value = ""
        texts[name] = value
    faults += [f"has no `{name}`" for name in _REQUIRED if not texts[name]]
    if texts["specversion"] != "1.0":
        faults.append("must have `specversion` 1.0")
    if not fault and not isinstance(data, dict):
        faults.append("must have a JSON object as `data`")
    return CloudEvent(
        id=texts["id"],
        source=texts["source"],
        type=texts["type"],
        subject=texts["subject"],
        time=texts["time"],
        data=data if isinstance(data, dict) else {},
        fault="; ".join(faults),
    )
