"""The canonical form: one self-contained JSON document of a catalogue, equal for equal content.

Durations and dates are milliseconds, defaults are written out, keys and things are sorted. Its SHA-256 is the catalogue's
hash. Nothing of file layout, key order or spelling is left. The format's number grows when its meaning changes.
"""

from __future__ import annotations

import hashlib
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from nba_server.adapters.catalog.canonical_events import FORMAT_WITH_EVENTS, event_sections
from nba_server.adapters.catalog.canonical_policies import FORMAT_WITH_POLICIES, policy_sections, policy_settings
from nba_server.adapters.catalog.checking import DEFAULT_CLASS, SERVICE, field_types
from nba_server.adapters.catalog.field_values import field_value
from nba_server.adapters.catalog.merging import STAGES, Item, Merged
from nba_server.adapters.catalog.rule_check import DEFAULT_HISTORY
from nba_server.adapters.catalog.time_words import duration_ms, instant_ms
from nba_server.domain.action import ADVERTISING, Polarity
from nba_server.domain.catalog import FieldType
from nba_server.domain.outcome import DEFAULT_POLARITY, OutcomeType

FORMAT = 1
FORMATS = (FORMAT, FORMAT_WITH_POLICIES, FORMAT_WITH_EVENTS)
"""What this version reads. It writes the oldest that can say what the catalogue says."""

_POLARITY = {outcome.value: DEFAULT_POLARITY.get(outcome, Polarity.NEUTRAL).value for outcome in OutcomeType}
Document = dict[str, Any]


def canonical_document(merged: Merged, zone: ZoneInfo) -> Document:
    """The canonical document of a merged catalogue without faults."""
    if merged.catalog is None:
        raise ValueError("a catalogue without its section `catalog`")
    head = merged.catalog.data
    context = field_types(merged.context)
    added, settings, events = policy_sections(merged), policy_settings(merged), event_sections(merged, zone)
    newer = bool(added or settings) or _newer(merged)
    return {
        "format": FORMAT_WITH_EVENTS if events else FORMAT_WITH_POLICIES if newer else FORMAT,
        "catalog": {
            "name": head["name"],
            "timezone": head.get("timezone", "UTC"),
            "currency": head.get("currency", "EUR"),
            "profiling_requires_consent": head.get("profiling_requires_consent", True),
            "history_ms": duration_ms(head.get("history", DEFAULT_HISTORY)),
            "classes": sorted(head.get("classes", ())),
            "description": head.get("description", ""),
            **settings,
        },
        **{
            name: {key: _field(item.data) for key, item in getattr(merged, name).items()}
            for name in ("attributes", "context", "action_attributes")
        },
        "channels": {key: _channel(item.data) for key, item in merged.channels.items()},
        "placements": {key: _placement(item.data) for key, item in merged.placements.items()},
        "issues": {key: _titled(item.data) for key, item in merged.issues.items()},
        "groups": {
            key: {**_titled(item.data), "issue": item.parent, **_rules(item)} for key, item in merged.groups.items()
        },
        "actions": {
            key: _action(item, zone, field_types(merged.action_attributes)) for key, item in merged.actions.items()
        },
        "contact_policies": {key: _limit(item.data) for key, item in merged.contact_policies.items()},
        "suppressions": {key: _suppression(item.data) for key, item in merged.suppressions.items()},
        "context_weights": sorted((_weight(item.data, context) for item in merged.context_weights), key=orjson.dumps),
        **added,
        **events,
    }


def encode(document: Document) -> bytes:
    """The canonical bytes: sorted keys, no blanks, UTF-8."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def content_hash(canonical: bytes) -> str:
    """SHA-256 of canonical bytes, in hex."""
    return hashlib.sha256(canonical).hexdigest()


def _field(data: Document) -> Document:
    values = {"values": list(data["values"])} if data.get("values") else {}
    age = {"max_age_ms": duration_ms(data["max_age"])} if "max_age" in data else {}
    return {"type": data["type"], "description": data.get("description", ""), **values, **age}


def _titled(data: Document) -> Document:
    return {"title": data.get("title", "") or data["id"], "weight": float(data.get("weight", 0))}


def _channel(data: Document) -> Document:
    inbound = data["direction"] == "inbound"
    return {
        "direction": data["direction"],
        "reservation_ms": duration_ms(data.get("reservation", "30m" if inbound else "1h")),
        "response_window_ms": duration_ms(data.get("response_window", "24h" if inbound else "7d")),
        "unknown_consent_allowed": data.get("unknown_consent_allowed", False),
        "polarity": {**_POLARITY, **data.get("polarity", {})},
    }


def _placement(data: Document) -> Document:
    return {
        "channel": data["channel"],
        "slots": data.get("slots", 1),
        "width": data.get("width", 0),
        "height": data.get("height", 0),
        **_exploration(data.get("exploration", {"kind": "none"})),
    }


def _exploration(data: Document) -> Document:
    """What the kinds of the first release have not is written only where it is said."""
    kind, new = data["kind"], data.get("new_actions")
    found: Document = {
        "exploration": kind,
        "epsilon": float(data.get("epsilon", 0.05)) if kind == "epsilon" else 0.0,
    }
    if kind in ("softmax", "thompson"):
        found["floor"] = float(data.get("floor", 0.02))
    if kind == "softmax":
        found["temperature"] = float(data.get("temperature", 0.2))
    if kind == "thompson":
        found["draws"] = data.get("draws", 256)
    if new is not None:
        found["new_actions"] = {"share": float(new.get("share", 0.1)), "mature_after": new.get("mature_after", 1000)}
        if "within" in new:
            found["new_actions"]["within_ms"] = duration_ms(new["within"])
    return found


def _rules(owner: Item) -> Document:
    return {
        stage: [
            {"id": rule.id, "when": rule.data["when"], "text": rule.data.get("text", "")}
            for rule in owner.children(stage)
        ]
        for stage in STAGES
    }


def _action(item: Item, zone: ZoneInfo, types: dict[str, FieldType]) -> Document:
    data = item.data
    prior = data.get("prior", {})
    class_ = data.get("class", DEFAULT_CLASS)
    return {
        "group": item.parent,
        "title": data["title"],
        "status": data.get("status", "approved"),
        "start_ms": instant_ms(data["start"], zone) if "start" in data else 0,
        "end_ms": instant_ms(data["end"], zone, end=True) if "end" in data else 0,
        "value": float(data.get("value", 0)),
        "weight": float(data.get("weight", 0)),
        "class": class_,
        "purpose": data.get("purpose", SERVICE if class_ == SERVICE else ADVERTISING),
        "prior_propensity": float(prior.get("propensity", 0.05)),
        "prior_evidence": float(prior.get("evidence", 100)),
        "mandatory": data.get("mandatory", False),
        "transactional": data.get("transactional", False),
        "fallback": data.get("fallback", False),
        "response_window_ms": duration_ms(data["response_window"]) if "response_window" in data else 0,
        "product": data.get("product", ""),
        "attributes": {
            name: field_value(value, types[name], zone) for name, value in data.get("attributes", {}).items()
        },
        **({"legal": True} if data.get("legal", False) else {}),
        **({"cost": float(data["cost"])} if data.get("cost", 0) else {}),
        "treatments": [_treatment(treatment.data) for treatment in item.children("treatments")],
        "skip_group_rules": sorted(data.get("skip_group_rules", ())),
        **_rules(item),
    }


def _newer(merged: Merged) -> bool:
    """Whether a thing of an older kind says something that only the newer format can."""
    legal = any(item.data.get("legal", False) for item in merged.actions.values())
    explores = (item.data.get("exploration", {}) for item in merged.placements.values())
    if any(data.get("kind") in ("softmax", "thompson") or "new_actions" in data for data in explores):
        return True
    if any("max_age" in item.data for item in merged.attributes.values()):
        return True
    scoped = (*merged.contact_policies.values(), *merged.contact_pressure.values())
    return legal or any(item.data.get("scope", "person") != "person" for item in scoped)


def _treatment(data: Document) -> Document:
    return {
        "id": data["id"],
        "channel": data["channel"],
        "placements": sorted(data.get("placements", ())),
        "content": data.get("content", {}),
        "min_width": data.get("min_width", 0),
        "min_height": data.get("min_height", 0),
        "status": data.get("status", "approved"),
    }


def _limit(data: Document) -> Document:
    names = ("channels", "directions", "classes", "groups", "actions")
    return {
        "cap": data["cap"],
        "window_ms": duration_ms(data["window"]),
        "shadow": data.get("shadow", False),
        **({"scope": data["scope"]} if data.get("scope", "person") != "person" else {}),
        **{name: sorted(data.get(name, ())) for name in names},
    }


def _suppression(data: Document) -> Document:
    return {
        "outcomes": sorted(data["outcomes"]),
        "count": data.get("count", 1),
        "window_ms": duration_ms(data["window"]) if "window" in data else 0,
        "pause_ms": 0 if data["pause"] == "forever" else duration_ms(data["pause"]),
        "level": data.get("level", "action"),
        "attribute": data.get("attribute", ""),
        "mute_channel_only": data.get("mute_channel_only", False),
        "reset_after_pause": data.get("reset_after_pause", True),
        **{name: sorted(data.get(name, ())) for name in ("channels", "groups", "actions")},
    }


def _weight(data: Document, types: dict[str, FieldType]) -> Document:
    return {
        "key": data["key"],
        "value": field_value(data["value"], types[data["key"]], ZoneInfo("UTC")),
        "scope": data["scope"],
        "id": data["id"],
        "percent": float(data["percent"]),
    }
