"""Canonical form of what format 2 added. A catalogue that uses none of it keeps format 1, its hash, and its readers."""

from __future__ import annotations

from typing import Any

from nba_server.adapters.catalog.merging import Merged
from nba_server.adapters.catalog.time_words import duration_ms

FORMAT_WITH_POLICIES = 2
Document = dict[str, Any]


def policy_sections(merged: Merged) -> Document:
    """The sections that the catalogue uses; empty when it uses none."""
    sections = {
        "contact_pressure": {key: _pressure(item.data) for key, item in merged.contact_pressure.items()},
    }
    return {name: section for name, section in sections.items() if section}


def _pressure(data: Document) -> Document:
    return {
        "budget": float(data["budget"]),
        "segments": {segment: float(budget) for segment, budget in data.get("segments", {}).items()},
        "channels": {channel: _rate(rate) for channel, rate in data["channels"].items()},
        "shadow": data.get("shadow", False),
    }


def _rate(data: Document) -> Document:
    return {
        "half_life_ms": duration_ms(data["half_life"]),
        "weight": float(data.get("weight", 1)),
        "classes": {class_: float(weight) for class_, weight in data.get("classes", {}).items()},
    }
