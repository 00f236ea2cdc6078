"""Canonical form of what format 2 added. A catalogue that uses none of it keeps format 1, its hash, and its readers."""

from __future__ import annotations

from typing import Any

from nba_server.adapters.catalog.merging import Merged
from nba_server.adapters.catalog.time_words import duration_ms

FORMAT_WITH_POLICIES = 2
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Document = dict[str, Any]


def policy_sections(merged: Merged) -> Document:
    """The sections that the catalogue uses; empty when it uses none."""
    sections = {
        "contact_pressure": {key: _pressure(item.data) for key, item in merged.contact_pressure.items()},
        "quiet_hours": {key: _quiet(item.data) for key, item in merged.quiet_hours.items()},
        "caps": {key: _cap(item.data) for key, item in merged.caps.items()},
    }
    return {name: section for name, section in sections.items() if section}


def policy_settings(merged: Merged) -> Document:
    """The settings of the head that the catalogue uses; empty when it uses none."""
    data = merged.catalog.data if merged.catalog else {}
    return {name: data[name] for name in ("customer_timezone",) if name in data}


def _cap(data: Document) -> Document:
    window = data.get("window", "total")
    return {
        **({"total": data["total"]} if "total" in data else {"budget": float(data["budget"])}),
        "window_ms": 0 if window == "total" else duration_ms(window),
        "pacing": data.get("pacing", "none"),
        "groups": sorted(data.get("groups", ())),
        "actions": sorted(data.get("actions", ())),
    }


def _quiet(data: Document) -> Document:
    return {
        "from_minute": _minute(data.get("from", "00:00")),
        "to_minute": _minute(data.get("to", "24:00")),
        "weekdays": sorted(data.get("weekdays", ()), key=WEEKDAYS.index),
        "dates": sorted(data.get("dates", ())),
        "channels": sorted(data.get("channels", ())),
        "directions": sorted(data.get("directions", ("outbound",))),
        "classes": sorted(data.get("classes", ())),
    }


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def _pressure(data: Document) -> Document:
    return {
        "budget": float(data["budget"]),
        "segments": {segment: float(budget) for segment, budget in data.get("segments", {}).items()},
        "channels": {channel: _rate(rate) for channel, rate in data["channels"].items()},
        "shadow": data.get("shadow", False),
        **({"scope": data["scope"]} if data.get("scope", "person") != "person" else {}),
    }


def _rate(data: Document) -> Document:
    return {
        "half_life_ms": duration_ms(data["half_life"]),
        "weight": float(data.get("weight", 1)),
        "classes": {class_: float(weight) for class_, weight in data.get("classes", {}).items()},
    }
