"""Events as plain data: a row of a file becomes one event; what is wrong with it is said with the field.

{"customer_id": "c-1", "event_id": "s-77", "type": "score", "measure": "nps", "value": 4, "occurred_at": "2026-03-01T12:30:00Z"}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nba_client import CaseStatus, Complaint, Event, Purchase, PurchaseReturn, Score, ServiceCase
from nba_client.event import Happened
from nba_server.commands.table_rows import BadRow, Row
from nba_server.commands.words import moment

_TEXTS = (
    "customer_id",
    "event_id",
    "type",
    "channel",
    "text",
    "agent",
    "case_id",
    "category",
    "measure",
    "purchase_id",
)
_MONEY = ("value_by_category", "value_by_product")
_KEYS = (*_TEXTS, "occurred_at", "value", *_MONEY)
_CASES = {f"service_case_{status}": status for status in CaseStatus}
TYPES = ("complaint", *_CASES, "score", "purchase", "purchase_return")
"""What may happen."""


def events(rows: Iterable[Row | BadRow]) -> Iterator[tuple[int, Event] | BadRow]:
    """Each row with its number, in order."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            yield row.number, event_of(_whole(row.values))
        except (ValueError, TypeError) as fault:
            yield BadRow(row.number, str(fault))


def event_of(record: Mapping[str, Any]) -> Event:
    """An event as plain data. Raises `ValueError` with the field and the mend."""
    unknown = sorted(set(record) - set(_KEYS))
    if unknown:
        raise ValueError(f"{unknown[0]}: is not known here; known are {', '.join(_KEYS)}")
    for name in _TEXTS:
        if record.get(name) is not None and not isinstance(record[name], str):
            raise ValueError(f"{name}: must be a text")
    for name in ("customer_id", "event_id", "type"):
        if not record.get(name):
            raise ValueError(f"{name}: a non-empty text is required")
    return Event(
        customer_id=record["customer_id"],
        event_id=record["event_id"],
        what=_what(record),
        occurred_at=_moment(record.get("occurred_at")),
        channel=record.get("channel") or "",
        text=record.get("text") or "",
        agent=record.get("agent") or "",
    )


def _what(record: Mapping[str, Any]) -> Happened:
    kind = record["type"]
    case_id, category = record.get("case_id") or "", record.get("category") or ""
    if kind == "complaint":
        return Complaint(case_id, category)
    if kind in _CASES:
        return ServiceCase(case_id, _CASES[kind], category)
    if kind == "score":
        return Score(_number("value", record.get("value")), record.get("measure") or "")
    if kind == "purchase_return":
        return PurchaseReturn(record.get("purchase_id") or record["event_id"])
    if kind != "purchase":
        raise ValueError(f"type: {kind!r} is not one of {', '.join(TYPES)}")
    by_category, by_product = (_money(name, record.get(name)) for name in _MONEY)
    value = record.get("value")
    return Purchase(
        customer_id=record["customer_id"],
        purchase_id=record.get("purchase_id") or record["event_id"],
        value=_number("value", value) if value not in (None, "") else sum(by_product.values()),
        occurred_at=_moment(record.get("occurred_at")),
        value_by_category=by_category,
        value_by_product=by_product,
    )


def _whole(values: Mapping[str, Any]) -> dict[str, Any]:
    """The row without empty cells; dotted columns (`value_by_product.internet`) become objects again."""
    record: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value == "":
            continue
        section, dot, key = name.partition(".")
        if dot and section in _MONEY:
            record.setdefault(section, {})[key] = value
        elif section in _MONEY and isinstance(value, str):
            record[section] = json.loads(value)
        else:
            record[name] = value
    return record


def _money(name: str, written: Any) -> dict[str, float]:
    if written is None:
        return {}
    if not isinstance(written, Mapping):
        raise ValueError(f'{name}: must be an object, as {{"internet": 29.9}}')
    return {str(key): _number(f"{name}.{key}", value) for key, value in written.items()}


def _number(name: str, written: Any) -> float:
    try:
        return float(written)
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be a number") from None


def _moment(text: Any) -> Any:
    if text is None or text == "":
        return None
    try:
        return moment(str(text))
    except ValueError:
        raise ValueError(f"occurred_at: {text!r} is no ISO 8601 time, e.g. 2026-03-01T12:30:00Z") from None
