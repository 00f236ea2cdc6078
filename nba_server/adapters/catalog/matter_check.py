"""Checks matters, what events set, and conversions: names that exist, bars that can be missed, types that fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nba_server.adapters.catalog.faults import Faults, did_you_mean
from nba_server.adapters.catalog.field_values import value_fault
from nba_server.adapters.catalog.merging import Item, Merged
from nba_server.domain.catalog import FieldType
from nba_server.domain.event_rule import EventKind, EventPart

_PARTS: Mapping[str, tuple[EventPart, ...]] = {
    EventKind.PURCHASE: (EventPart.OCCURRED_AT, EventPart.VALUE, EventPart.PRODUCT, EventPart.CHANNEL),
    EventKind.COMPLAINT: (EventPart.OCCURRED_AT, EventPart.CATEGORY, EventPart.CHANNEL),
    EventKind.SERVICE_CASE: (EventPart.OCCURRED_AT, EventPart.CATEGORY, EventPart.CHANNEL),
    EventKind.SCORE: (EventPart.OCCURRED_AT, EventPart.VALUE, EventPart.MEASURE, EventPart.CHANNEL),
}
"""What each kind of event has."""

_TYPES = {EventPart.OCCURRED_AT: FieldType.TIME, EventPart.VALUE: FieldType.NUMBER}


def check_matters(merged: Merged, types: Mapping[str, FieldType], faults: Faults) -> None:
    """Notes the faults of matters and events. `types` are those of action attributes."""
    for matter in merged.matters.values():
        _opening(matter, faults)
        _attributes(matter, types, faults)
        _named_alike(matter, merged, faults)
    for event in merged.events.values():
        _sets(event, merged, faults)
    _conversions(merged, faults)


def _opening(matter: Item, faults: Faults) -> None:
    data = matter.data
    opens, closes = _list(data.get("opens_on")), _list(data.get("closes_on"))
    scored = "score" in opens
    if scored and "below" not in data:
        faults.add(matter.mark("opens_on"), f"the matter `{matter.id}` names no bar", "add `below:`, as 7")
    for key in ("below", "measures"):
        if key in data and not scored:
            faults.add(matter.mark(key), f"`{key}` without scores", "write `opens_on: [score]`, or leave it out")
    if "categories" in data and not {"complaint", "service_case"} & set(opens):
        mend = "write `opens_on: [complaint]` or `[service_case]`, or leave it out"
        faults.add(matter.mark("categories"), "`categories` without complaints and service cases", mend)
    if "score" in closes and not scored:
        mend = "write `opens_on: [score]` and `below:`, or leave it out"
        faults.add(matter.mark("closes_on"), "closed by a score that does not open it", mend)


def _attributes(matter: Item, types: Mapping[str, FieldType], faults: Faults) -> None:
    mutes = matter.data.get("mutes")
    attributes = mutes.get("attributes") if isinstance(mutes, dict) else None
    for name, value in (attributes if isinstance(attributes, dict) else {}).items():
        mark = matter.mark("mutes", "attributes", name)
        if name not in types:
            mend = did_you_mean(name, types) or "declare it under `action_attributes:`"
            faults.add(
                matter.source.key_mark((*matter.path, "mutes", "attributes", name)),
                f"unknown action attribute `{name}`",
                mend,
            )
            continue
        type_ = FieldType.STRING if types[name] is FieldType.STRINGS else types[name]
        for one in value if isinstance(value, list) else [value]:
            if fault := value_fault(one, type_):
                faults.add(mark, *fault)


def _named_alike(matter: Item, merged: Merged, faults: Faults) -> None:
    first = merged.suppressions.get(matter.id)
    if first is not None:
        what = f"the id `{matter.id}` is that of a suppression (at {first.mark('id')})"
        faults.add(matter.mark("id"), what, "give one another id: reasons name them alike")


def _sets(event: Item, merged: Merged, faults: Faults) -> None:
    sets = event.data.get("set")
    for name, part in (sets if isinstance(sets, dict) else {}).items():
        if name not in merged.attributes:
            mend = did_you_mean(name, merged.attributes) or "declare it under `attributes:`"
            faults.add(event.source.key_mark((*event.path, "set", name)), f"unknown attribute `{name}`", mend)
            continue
        possible = _PARTS.get(event.id, ())
        if part is not None and part not in possible:
            mend = f"write one of {', '.join(possible)}"
            faults.add(event.mark("set", name), f"a {event.id.replace('_', ' ')} has no `{part}`", mend)
            continue
        wanted = _TYPES.get(part, FieldType.STRING) if part is not None else None
        type_ = merged.attributes[name].data.get("type")
        if wanted is not None and type_ not in (wanted.value, None):
            mend = f"declare it as `{wanted.value}`, or take another part"
            faults.add(event.mark("set", name), f"`{part}` is a {wanted.value}, the attribute `{name}` a {type_}", mend)


def _conversions(merged: Merged, faults: Faults) -> None:
    everywhere = "conversion_window" in (merged.catalog.data if merged.catalog else {})
    for action in merged.actions.values():
        data: Mapping[str, Any] = action.data
        if "conversion_window" in data and not (data.get("product") or data.get("converts_on")):
            mend = "add `product:` or `converts_on:`"
            faults.add(action.mark("conversion_window"), f"the action `{action.id}` converts on nothing", mend)
        if "converts_on" in data and not everywhere and "conversion_window" not in data:
            mend = "add `conversion_window:` here or under `catalog:`"
            faults.add(action.mark("converts_on"), f"the action `{action.id}` has no window to convert in", mend)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
