"""What no schema can say: references between things, dates, values, treatments, weights, rules.

Every check notes its faults and goes on, so that all of them are reported at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nba_server.adapters.catalog.cap_check import check_caps
from nba_server.adapters.catalog.faults import Faults, did_you_mean, meant_or_declare
from nba_server.adapters.catalog.field_values import value_fault
from nba_server.adapters.catalog.matter_check import check_matters
from nba_server.adapters.catalog.merging import Item, Merged
from nba_server.adapters.catalog.policy_check import check_policies
from nba_server.adapters.catalog.time_words import instant_ms
from nba_server.domain.catalog import FieldType

SERVICE = "service"
DEFAULT_CLASS = "advertising"


def check(merged: Merged, faults: Faults) -> None:
    """Notes every fault of a merged catalogue, rules excepted (`rule_check.py`)."""
    _References(merged, faults).check()
    check_policies(merged, classes_of(merged), faults)
    check_caps(merged, faults)
    check_matters(merged, field_types(merged.action_attributes), faults)
    zone = time_zone(merged, faults)
    for action in merged.actions.values():
        _dates(action, zone, faults)
        _worth(action, faults)
        _treatments(action, merged, faults)
        _attributes(action, merged, faults)
    for weight in merged.context_weights:
        _context_value(weight, merged, faults)
    for rule in merged.suppressions.values():
        _suppression(rule, merged, faults)
    for placement in merged.placements.values():
        _exploration(placement, faults)


_EXPLORES = {
    "epsilon": ("epsilon",),
    "temperature": ("softmax",),
    "floor": ("softmax", "thompson"),
    "draws": ("thompson",),
}
"""The kinds of exploration that read a key."""


def _exploration(placement: Item, faults: Faults) -> None:
    exploration = placement.data.get("exploration")
    kind = exploration.get("kind") if isinstance(exploration, dict) else None
    if not isinstance(exploration, dict) or not isinstance(kind, str):
        return
    for key, kinds in _EXPLORES.items():
        if key in exploration and kind not in kinds:
            what = f"`{key}` without exploration" if kind == "none" else f"`{key}` is not read by `kind: {kind}`"
            mend = f"write `kind: {' or '.join(kinds)}`, or leave `{key}` out"
            faults.add(placement.mark("exploration", key), what, mend)


def time_zone(merged: Merged, faults: Faults) -> ZoneInfo:
    """The catalogue's time zone; UTC when it names none that exists."""
    name = merged.catalog.data.get("timezone", "UTC") if merged.catalog else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        if merged.catalog and isinstance(name, str):
            faults.add(
                merged.catalog.mark("timezone"), f"unknown time zone `{name}`", "write an IANA name, as Europe/Berlin"
            )
        return ZoneInfo("UTC")


def field_types(section: Mapping[str, Item]) -> dict[str, FieldType]:
    """The declared types of a section of fields; broken ones are left out."""
    known = {member.value for member in FieldType}
    return {name: FieldType(item.data["type"]) for name, item in section.items() if item.data.get("type") in known}


def classes_of(merged: Merged) -> set[str]:
    """The communication classes that policies may name."""
    classes = {str(action.data.get("class", DEFAULT_CLASS)) for action in merged.actions.values()}
    extra = merged.catalog.data.get("classes") if merged.catalog else ()
    return classes | {SERVICE} | set(extra if isinstance(extra, list) else ())


_SECTIONS = {"context field": "context", "class": "catalog: classes"}
"""Where things are declared whose section is not named by their plural."""


class _References:
    """Whether everything that is named exists."""

    def __init__(self, merged: Merged, faults: Faults) -> None:
        self._merged = merged
        self._faults = faults

    def check(self) -> None:
        merged = self._merged
        for group in merged.groups.values():
            self._parent(group, "issue", merged.issues)
        for action in merged.actions.values():
            self._parent(action, "group", merged.groups)
            for treatment in action.children("treatments"):
                self._one(treatment, "channel", "channel", merged.channels)
                self._many(treatment, "placements", "placement", merged.placements)
        for placement in merged.placements.values():
            self._one(placement, "channel", "channel", merged.channels)
        classes = classes_of(merged)
        sections = (merged.contact_policies, merged.quiet_hours, merged.caps, merged.suppressions)
        for item in (item for section in sections for item in section.values()):
            self._many(item, "channels", "channel", merged.channels)
            self._many(item, "groups", "group", merged.groups)
            self._many(item, "actions", "action", merged.actions)
            self._many(item, "classes", "class", classes)
        for matter in merged.matters.values():
            for key, kind, known in (
                ("actions", "action", merged.actions),
                ("groups", "group", merged.groups),
                ("issues", "issue", merged.issues),
                ("classes", "class", classes),
            ):
                self._many(
                    Item(matter.id, _mapping(matter.data, "mutes"), matter.source, (*matter.path, "mutes")),
                    key,
                    kind,
                    known,
                )
        for weight in merged.context_weights:
            self._one(weight, "key", "context field", merged.context)
            scope = weight.data.get("scope")
            if scope in ("issue", "group", "action"):
                self._one(weight, "id", str(scope), getattr(merged, f"{scope}s"))

    def _parent(self, item: Item, kind: str, known: Mapping[str, Item]) -> None:
        if kind in item.data:
            self._one(item, kind, kind, known)

    def _one(self, item: Item, key: str, kind: str, known: Iterable[str]) -> None:
        name = item.data.get(key)
        if isinstance(name, str):
            self._exists(name, kind, known, item, key)

    def _many(self, item: Item, key: str, kind: str, known: Iterable[str]) -> None:
        listed = item.data.get(key)
        for index, name in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(name, str):
                self._exists(name, kind, known, item, key, index)

    def _exists(self, name: str, kind: str, known: Iterable[str], item: Item, *below: str | int) -> None:
        if name not in set(known):
            mend = meant_or_declare(name, known, _SECTIONS.get(kind, f"{kind}s"))
            self._faults.add(item.mark(*below), f"unknown {kind} `{name}`", mend)


def _mapping(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _dates(action: Item, zone: ZoneInfo, faults: Faults) -> None:
    times: dict[str, int] = {}
    for key in ("start", "end"):
        text = action.data.get(key)
        if isinstance(text, str):
            try:
                times[key] = instant_ms(text, zone, end=key == "end")
            except ValueError as error:
                known = any(fault.mark == action.mark(key) for fault in faults.found)
                if not known:
                    faults.add(
                        action.mark(key), f"`{text}` is no date: {error}", "write a day that exists, as 2026-03-31"
                    )
    if len(times) == 2 and times["start"] >= times["end"]:
        faults.add(action.mark("end"), f"the action `{action.id}` ends before it starts", "swap start and end")


def _worth(action: Item, faults: Faults) -> None:
    if action.data.get("mandatory") is True or action.data.get("class") == SERVICE:
        return
    mend = "give it a value above 0, or make it `mandatory: true` or `class: service`"
    if "value" not in action.data:
        faults.add(action.mark(), f"the action `{action.id}` has no value", mend)
    elif isinstance(value := action.data["value"], int | float) and not isinstance(value, bool) and not value > 0:
        faults.add(action.mark("value"), f"the action `{action.id}` is worth {value:g}", mend)


def _treatments(action: Item, merged: Merged, faults: Faults) -> None:
    ids: set[str] = set()
    shown: dict[tuple[str, str], str] = {}
    for treatment in action.children("treatments"):
        if treatment.id in ids:
            faults.add(
                treatment.mark("id"), f"the id `{treatment.id}` is used twice in the action", "give one another id"
            )
        ids.add(treatment.id)
        listed = treatment.data.get("placements") or [
            name
            for name, place in merged.placements.items()
            if place.data.get("channel") == treatment.data.get("channel")
        ]
        for index, name in enumerate(listed if isinstance(listed, list) else ()):
            _place(treatment, str(name), index, merged, shown, faults)
    if not ids and action.data.get("status", "approved") == "approved":
        mend = "add `treatments:` with a channel, or write `status: draft`"
        faults.add(action.mark("id"), f"the approved action `{action.id}` has no treatment", mend)


def _place(
    treatment: Item, name: str, index: int, merged: Merged, shown: dict[tuple[str, str], str], faults: Faults
) -> None:
    channel = str(treatment.data.get("channel"))
    mark = treatment.mark("placements", index) if treatment.data.get("placements") else treatment.mark("id")
    place = merged.placements.get(name)
    if place is not None and place.data.get("channel") not in (channel, None):
        what = f"the placement `{name}` is on the channel `{place.data['channel']}`, the treatment on `{channel}`"
        faults.add(mark, what, f"name placements of `{channel}`")
    if treatment.data.get("status", "approved") != "approved":
        return
    first = shown.setdefault((channel, name), treatment.id)
    if first != treatment.id:
        what = f"two approved treatments for the placement `{name}`: `{first}` and `{treatment.id}`"
        faults.add(mark, what, "name different placements, or make one a draft")


def _attributes(action: Item, merged: Merged, faults: Faults) -> None:
    attributes = action.data.get("attributes")
    types = field_types(merged.action_attributes)
    for name, value in (attributes if isinstance(attributes, dict) else {}).items():
        if name not in merged.action_attributes:
            mark = action.source.key_mark((*action.path, "attributes", name))
            mend = did_you_mean(name, merged.action_attributes) or "declare it under `action_attributes:`"
            faults.add(mark, f"unknown action attribute `{name}`", mend)
        elif name in types and (fault := value_fault(value, types[name])):
            faults.add(action.mark("attributes", name), *fault)


def _context_value(weight: Item, merged: Merged, faults: Faults) -> None:
    type_ = field_types(merged.context).get(str(weight.data.get("key")))
    if type_ is None or "value" not in weight.data:
        return
    if type_ in (FieldType.STRINGS, FieldType.TIME):
        faults.add(weight.mark("key"), f"a weight cannot match a field of type {type_}", "name a single value's field")
    elif fault := value_fault(weight.data["value"], type_):
        faults.add(weight.mark("value"), *fault)


def _suppression(rule: Item, merged: Merged, faults: Faults) -> None:
    data: Mapping[str, Any] = rule.data
    related = data.get("level", "action") == "related"
    attribute = data.get("attribute")
    if related and attribute is None:
        faults.add(rule.mark(), f"the suppression `{rule.id}` of level related names no attribute", "add `attribute:`")
    elif not related and attribute is not None:
        faults.add(rule.mark("attribute"), "an attribute without the level related", "write `level: related`")
    elif isinstance(attribute, str) and attribute not in merged.action_attributes:
        mend = did_you_mean(attribute, merged.action_attributes)
        faults.add(rule.mark("attribute"), f"unknown action attribute `{attribute}`", mend)
    if data.get("reset_after_pause") is False and data.get("pause") == "forever":
        faults.add(rule.mark("reset_after_pause"), "a pause for ever does not end", "leave `reset_after_pause` out")
