"""The world of the proofs: a catalogue with limits that bind within seconds, and the same facts for the recount.

Windows are short, so that a run of minutes fills and empties every one of them many times.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACTIONS = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c1": "c", "c2": "c"}
"""Actions with their groups."""

CHANNELS: dict[str, dict[str, Any]] = {
    "web": {"direction": "inbound", "reservation": 3},
    "call": {"direction": "inbound", "reservation": 8},
    "email": {"direction": "outbound", "reservation": 8},
}
"""Channels; times in seconds."""

RESPONSE_S = 10

LIMITS: list[dict[str, Any]] = [
    {"id": "three-in-four-seconds", "cap": 3, "window": 4},
    {"id": "one-mail", "cap": 1, "window": 5, "channels": ["email"]},
    {"id": "group-a", "cap": 1, "window": 3, "groups": ["a"]},
    {"id": "action-b1", "cap": 2, "window": 8, "actions": ["b1"]},
    {"id": "inbound", "cap": 8, "window": 15, "directions": ["inbound"]},
]
"""Contact limits; windows in seconds."""


def write_catalogue(folder: Path, *, reservation_s: int = 0) -> Path:
    """Writes the catalogue (JSON is YAML) into a new folder; `reservation_s` is for all channels, 0 for their own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalog.yaml").write_text(json.dumps(document(reservation_s), indent=1))
    return folder


def document(reservation_s: int = 0) -> dict[str, Any]:
    """The catalogue as one document."""
    return {
        "catalog": {"name": "chaos", "history": "20s"},
        "channels": {
            name: {
                "direction": channel["direction"],
                "reservation": f"{reservation_s or channel['reservation']}s",
                "response_window": f"{max(RESPONSE_S, reservation_s)}s",
                "unknown_consent_allowed": True,
            }
            for name, channel in CHANNELS.items()
        },
        "placements": {
            f"{name}-place": {"channel": name, "slots": 1, "exploration": {"kind": "epsilon", "epsilon": 0.3}}
            for name in CHANNELS
        },
        "contact_policies": [{**limit, "window": f"{limit['window']}s"} for limit in LIMITS],
        "issues": [
            {
                "id": "sell",
                "title": "Sell",
                "groups": [{"id": group, "title": group} for group in sorted(set(ACTIONS.values()))],
            }
        ],
        "actions": [_action(number, name) for number, name in enumerate(ACTIONS)],
    }


def _action(number: int, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "group": ACTIONS[name],
        "title": name,
        "value": 10 + number,
        "prior": {"propensity": 0.1, "evidence": 100},
        "treatments": [{"id": channel, "channel": channel, "content": {"say": name}} for channel in CHANNELS],
    }


def spec() -> dict[str, Any]:
    """The same facts as the recount takes them."""
    directions = {"inbound": "i", "outbound": "o"}
    return {
        "actions": {name: {"class": "advertising", "group": group} for name, group in ACTIONS.items()},
        "channels": {
            name: {"direction": directions[channel["direction"]], "reservation_ms": channel["reservation"] * 1000}
            for name, channel in CHANNELS.items()
        },
        "limits": [
            {
                **limit,
                "window_ms": limit["window"] * 1000,
                "directions": [directions[name] for name in limit.get("directions", [])],
            }
            for limit in LIMITS
        ],
    }
