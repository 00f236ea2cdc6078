"""What changed between two catalogues, in words: from canonical documents, so spelling and layout do not show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nba_server.adapters.catalog.canonical import Document
from nba_server.adapters.catalog.merging import STAGES
from nba_server.adapters.catalog.time_words import duration_text

_SECTIONS = {
    "attributes": "attribute",
    "context": "context field",
    "action_attributes": "action attribute",
    "channels": "channel",
    "placements": "placement",
    "issues": "issue",
    "groups": "group",
    "actions": "action",
    "contact_policies": "contact limit",
    "contact_pressure": "contact pressure",
    "quiet_hours": "quiet hours",
    "caps": "cap",
    "suppressions": "suppression",
    "matters": "matter",
    "events": "event",
    "conversions": "conversion",
}
_OPEN = {
    "start_ms": "at once",
    "end_ms": "open end",
    "pause_ms": "for ever",
    "window_ms": "all that is kept",
    "lasts_ms": "until it is closed",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change: `added`, `removed` or `changed`, the kind of thing, its id, and what of it in words."""

    change: str
    kind: str
    id: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.change} {self.kind} {self.id}" + (f": {self.detail}" if self.detail else "")


def differences(old: Document, new: Document) -> list[Change]:
    """All changes from `old` to `new`, by section; rules and treatments are things of their own."""
    zone = ZoneInfo(new["catalog"]["timezone"])
    words = _Words(zone)
    found = list(words.changed("setting", "catalog", old["catalog"], new["catalog"]))
    for section, kind in _SECTIONS.items():
        found.extend(words.things(kind, old.get(section, {}), new.get(section, {})))
        if section in ("groups", "actions"):
            for part, part_kind in (*((stage, f"{stage} rule") for stage in STAGES), ("treatments", "treatment")):
                found.extend(words.things(part_kind, _parts(old[section], part), _parts(new[section], part)))
    found.extend(words.things("context weight", _weights(old), _weights(new)))
    return found


def _parts(owners: Mapping[str, Document], part: str) -> dict[str, Document]:
    """Rules of a stage, or treatments, by `owner/id`."""
    return {f"{owner}/{item['id']}": item for owner, data in owners.items() for item in data.get(part, ())}


def _weights(document: Document) -> dict[str, Document]:
    return {
        f"{weight['key']}={weight['value']} on {weight['scope']} {weight['id']}": {"percent": weight["percent"]}
        for weight in document["context_weights"]
    }


@dataclass(frozen=True, slots=True)
class _Words:
    zone: ZoneInfo

    def things(self, kind: str, old: Mapping[str, Document], new: Mapping[str, Document]) -> Iterator[Change]:
        """Added, removed and changed things of one kind."""
        for id_ in sorted(old.keys() | new.keys()):
            if id_ not in old:
                yield Change("added", kind, id_, self._summary(kind, new[id_]))
            elif id_ not in new:
                yield Change("removed", kind, id_, self._summary(kind, old[id_]))
            else:
                yield from self.changed(kind, id_, old[id_], new[id_])

    def changed(self, kind: str, id_: str, old: Document, new: Document) -> Iterator[Change]:
        """The change of one thing, if there is one."""
        details = [
            f"{_label(key)} {self._value(key, old.get(key))} → {self._value(key, new.get(key))}"
            for key in sorted(old.keys() | new.keys())
            if key not in (*STAGES, "treatments") and old.get(key) != new.get(key)
        ]
        if details:
            yield Change("changed", kind, id_, ", ".join(details))

    def _summary(self, kind: str, data: Document) -> str:
        if kind == "action":
            return f"{data['title']} (value {data['value']:g}, {data['status']})"
        if kind.endswith(" rule"):
            return str(data["when"])
        if kind == "contact limit":
            return f"at most {data['cap']} in {duration_text(data['window_ms'])}"
        if kind == "contact pressure":
            return f"a budget of {data['budget']:g}"
        if kind == "cap":
            amount = f"{data['total']} contacts" if "total" in data else f"a budget of {data['budget']:g}"
            return amount + (f" in {duration_text(data['window_ms'])}" if data["window_ms"] else " in all")
        if kind == "quiet hours":
            return f"{self._value('from_minute', data['from_minute'])} to {self._value('to_minute', data['to_minute'])}"
        if kind == "suppression":
            return f"{data['count']} x {', '.join(data['outcomes'])} mutes {self._value('pause_ms', data['pause_ms'])}"
        if kind == "event":
            return f"sets {', '.join(data['set']) or 'nothing'}"
        if kind == "conversion":
            return f"by purchases within {duration_text(data['window_ms'])}"
        return str(data.get("title", ""))

    def _value(self, key: str, value: Any) -> str:
        if value in (0, None) and key in _OPEN:
            return _OPEN[key]
        if key in ("start_ms", "end_ms"):
            return datetime.fromtimestamp(value / 1000, self.zone).strftime("%Y-%m-%d %H:%M")
        if key.endswith("_ms"):
            return duration_text(value)
        if key.endswith("_minute"):
            return f"{value // 60:02d}:{value % 60:02d}"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, float):
            return f"{value:g}"
        if isinstance(value, Mapping):
            return "{" + ", ".join(self._pair(name, item) for name, item in sorted(value.items())) + "}"
        if isinstance(value, list):
            return ", ".join(map(str, value)) or "all"
        return f"`{value}`" if value not in ("", None) else "nothing"

    def _pair(self, name: str, item: Any) -> str:
        shown = self._value(name, item) if isinstance(item, Mapping | float) or name.endswith("_ms") else item
        return f"{_label(name)}: {shown}"


def _label(key: str) -> str:
    return key.removesuffix("_ms").removesuffix("_minute").replace("_", " ")
