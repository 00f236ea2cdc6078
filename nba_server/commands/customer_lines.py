"""Customers as JSON Lines: one object a line becomes one patch; what is wrong with a line is said with its number.

{"customer_id": "c-1", "attributes": {"age": 41}, "segments": ["gold"], "products": ["card"],
 "consents": [{"channel": "email", "purpose": "advertising", "status": "granted"}]}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from nba_client import Consent, CustomerPatch, DoNotContact
from nba_client.customer import ConsentStatus
from nba_server.commands.table_rows import BadRow
from nba_server.commands.words import moment

_LISTS = {
    "segments": "add_segments",
    "add_segments": "add_segments",
    "remove_segments": "remove_segments",
    "products": "add_products",
    "add_products": "add_products",
    "remove_products": "remove_products",
}
_KEYS = ("customer_id", "attributes", "consents", "do_not_contact", "expected_version", "household_id", *_LISTS)
_CONSENT = tuple(field.name for field in fields(Consent))
_MOMENTS = ("valid_from", "valid_to")


BadLine = BadRow
"""A line that was not taken, and why."""


@dataclass(frozen=True, slots=True)
class GoodLine:
    """A line as a patch; `end` is the offset in bytes behind it."""

    line: int
    end: int
    patch: CustomerPatch


def read(lines: Iterable[bytes]) -> Iterator[GoodLine | BadLine]:
    """Each line that is not blank, in order."""
    end = 0
    for number, raw in enumerate(lines, start=1):
        end += len(raw)
        if not raw.strip():
            continue
        try:
            yield GoodLine(number, end, patch(raw))
        except (ValueError, TypeError) as fault:
            yield BadLine(number, str(fault))


def patch(raw: bytes) -> CustomerPatch:
    """One line. Raises `ValueError` with the field and the mend."""
    try:
        record = json.loads(raw)
    except ValueError as fault:
        raise ValueError(f"is no JSON: {fault}") from None
    if not isinstance(record, dict):
        raise ValueError("is no JSON object; a line is one customer, {...}")
    return patch_of(record)


def patch_of(record: Mapping[str, Any]) -> CustomerPatch:
    """A customer as plain data. Raises `ValueError` with the field and the mend."""
    _known("", record, _KEYS)
    customer_id = record.get("customer_id")
    if not isinstance(customer_id, str) or not customer_id:
        raise ValueError("customer_id: a non-empty text is required")
    attributes = record.get("attributes", {})
    if not isinstance(attributes, dict):
        raise ValueError("attributes: must be an object")
    lists: dict[str, Any] = {}
    for key, name in _LISTS.items():
        if key in record:
            lists[name] = lists.get(name, []) + _texts(key, record[key])
    consents = record.get("consents", [])
    if not isinstance(consents, list):
        raise ValueError("consents: must be a list")
    version = record.get("expected_version")
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 0):
        raise ValueError("expected_version: must be a whole number")
    return CustomerPatch(
        customer_id,
        {name: _value(f"attributes.{name}", value) for name, value in attributes.items()},
        consents=[_consent(f"consents[{index}]", item) for index, item in enumerate(consents)],
        expected_version=version,
        do_not_contact=_listing(record.get("do_not_contact")),
        household_id=_household(record.get("household_id")),
        **lists,
    )


def _listing(written: Any) -> DoNotContact | None:
    """True or false, or the channels of an entry on the do-not-contact list."""
    if written is None or isinstance(written, bool):
        return None if written is None else DoNotContact(listed=written)
    return DoNotContact(channels=_texts("do_not_contact", written))


def _household(written: Any) -> str | None:
    if written is not None and not isinstance(written, str):
        raise ValueError("household_id: must be a text; an empty one takes the customer out of the household")
    return written


def _known(path: str, record: Mapping[str, Any], names: tuple[str, ...]) -> None:
    unknown = sorted(set(record) - set(names))
    if unknown:
        raise ValueError(f"{path}{unknown[0]}: is not known here; known are {', '.join(names)}")


def _texts(path: str, items: Any) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ValueError(f"{path}: must be a list of texts")
    return items


def _value(path: str, value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) != {"time"} or not isinstance(value["time"], str):
            raise ValueError(f'{path}: an object may only be a moment, {{"time": "2026-03-01T12:30:00Z"}}')
        return _moment(path, value["time"])
    if isinstance(value, list):
        return _texts(path, value)
    return value


def _consent(path: str, record: Any) -> Consent:
    if not isinstance(record, dict):
        raise ValueError(f"{path}: must be an object")
    _known(f"{path}.", record, _CONSENT)
    missing = [name for name in ("channel", "purpose", "status") if not isinstance(record.get(name), str)]
    if missing:
        raise ValueError(f"{path}.{missing[0]}: is required")
    known = tuple(status.value for status in ConsentStatus if status is not ConsentStatus.UNSPECIFIED)
    if record["status"] not in known:
        raise ValueError(f"{path}.status: {record['status']!r} is not one of {', '.join(known)}")
    moments = {name: _moment(f"{path}.{name}", record[name]) for name in _MOMENTS if record.get(name) is not None}
    return Consent(**(record | moments))


def _moment(path: str, text: Any) -> Any:
    try:
        return moment(str(text))
    except ValueError:
        raise ValueError(f"{path}: {text!r} is no ISO 8601 time, e.g. 2026-03-01T12:30:00Z") from None
