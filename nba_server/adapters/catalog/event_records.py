"""Domain records of matters and events from their part of the canonical document."""

from __future__ import annotations

from nba_server.adapters.catalog.canonical import Document
from nba_server.domain.event_rule import Conversion, EventKind, EventPart, EventRule, EventRules
from nba_server.domain.matter import MatterKind
from nba_server.domain.matter_rule import MatterRule, Mutes


def matter_rules(document: Document) -> tuple[MatterRule, ...]:
    """The rules of matters, in order of their ids."""
    return tuple(_matter(id_, data) for id_, data in sorted(document.get("matters", {}).items()))


def event_rules(document: Document) -> EventRules:
    """What events change, and what purchases confirm."""
    profile = {
        EventKind(kind): EventRule(
            sets=tuple((name, EventPart(part)) for name, part in sorted(data["set"].items())),
            products=data["products"],
        )
        for kind, data in sorted(document.get("events", {}).items())
    }
    conversions = {
        action: Conversion(data["window_ms"], frozenset(data["products"]), frozenset(data["categories"]))
        for action, data in sorted(document.get("conversions", {}).items())
    }
    return EventRules(profile, conversions)


def _matter(id_: str, data: Document) -> MatterRule:
    return MatterRule(
        id=id_,
        title=data["title"],
        kinds=frozenset(MatterKind(name) for name in data["opens_on"]),
        mutes=Mutes(**{name: frozenset(names) for name, names in data["mutes"].items()}),
        below=data["below"],
        categories=frozenset(data["categories"]),
        measures=frozenset(data["measures"]),
        closes_on_case="service_case" in data["closes_on"],
        closes_on_score="score" in data["closes_on"],
        lasts_ms=data["lasts_ms"],
        advice=data["advice"],
    )
