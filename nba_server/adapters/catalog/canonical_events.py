"""Canonical form of what format 3 added: matters, what events change, conversions that purchases confirm.

A catalogue that uses none of it keeps its older format, its hash, and its readers.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from nba_server.adapters.catalog.checking import field_types
from nba_server.adapters.catalog.field_values import field_value
from nba_server.adapters.catalog.merging import Item, Merged
from nba_server.adapters.catalog.time_words import duration_ms
from nba_server.domain.catalog import FieldType
from nba_server.domain.muting_keys import attribute_keys

FORMAT_WITH_EVENTS = 3
Document = dict[str, Any]


def event_sections(merged: Merged, zone: ZoneInfo) -> Document:
    """The sections that the catalogue uses; empty when it uses none."""
    types = field_types(merged.action_attributes)
    sections = {
        "matters": {key: _matter(item.data, types, zone) for key, item in merged.matters.items()},
        "events": {key: _event(item.data) for key, item in merged.events.items()},
        "conversions": conversions(merged),
    }
    return {name: section for name, section in sections.items() if section}


def conversions(merged: Merged) -> Document:
    """By action: how long and by what purchases confirm its conversions."""
    found = {key: _conversion(item, merged) for key, item in merged.actions.items()}
    return {key: conversion for key, conversion in found.items() if conversion}


def _conversion(action: Item, merged: Merged) -> Document:
    data = action.data
    head = merged.catalog.data if merged.catalog else {}
    window = data.get("conversion_window", head.get("conversion_window"))
    named = data.get("converts_on", {})
    products = named.get("products", () if named else [data["product"]] if data.get("product") else ())
    if window is None or not (products or named.get("categories")):
        return {}
    return {
        "window_ms": duration_ms(window),
        "products": sorted(products),
        "categories": sorted(named.get("categories", ())),
    }


def _matter(data: Document, types: dict[str, FieldType], zone: ZoneInfo) -> Document:
    opens_on = data.get("opens_on", ())
    return {
        "title": data["title"],
        "opens_on": sorted(opens_on),
        "below": float(data.get("below", 0)),
        "measures": sorted(data.get("measures", ())),
        "categories": sorted(data.get("categories", ())),
        "closes_on": sorted(data.get("closes_on", ["service_case"] if "service_case" in opens_on else ())),
        "lasts_ms": duration_ms(data["lasts"]) if "lasts" in data else 0,
        "mutes": {name: sorted(names) for name, names in _mutes(data["mutes"], types, zone).items() if names},
        "advice": data.get("advice", ""),
    }


def _mutes(data: Document, types: dict[str, FieldType], zone: ZoneInfo) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {name: data.get(name, []) for name in ("actions", "groups", "issues", "classes")}
    found["attributes"] = [
        key
        for name, value in data.get("attributes", {}).items()
        for one in (value if isinstance(value, list) else [value])
        for key in attribute_keys(name, _value(one, types[name], zone))
    ]
    return found


def _value(value: Any, type_: FieldType, zone: ZoneInfo) -> Any:
    """One value; of a list's items, the item."""
    return value if type_ is FieldType.STRINGS else field_value(value, type_, zone)


def _event(data: Document) -> Document:
    return {"products": data.get("products", False), "set": dict(sorted(data.get("set", {}).items()))}
