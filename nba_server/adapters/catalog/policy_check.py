"""Checks contact pressure and quiet hours: names that exist, budgets that a contact can fit, days that there are.

Also that what the law demands is no advertising.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from nba_server.adapters.catalog.faults import Faults, did_you_mean, meant_or_declare
from nba_server.adapters.catalog.merging import Item, Merged
from nba_server.domain.action import ADVERTISING

_ALL_DAY = "leave `from` and `to` out for the whole day"


def check_policies(merged: Merged, classes: Collection[str], faults: Faults) -> None:
    """Notes the faults of all contact pressures and quiet hours. `classes` are the communication classes there are."""
    for pressure in merged.contact_pressure.values():
        first = merged.contact_policies.get(pressure.id)
        if first is not None:
            what = f"the id `{pressure.id}` is that of a contact limit (at {first.mark('id')})"
            faults.add(pressure.mark("id"), what, "give one another id: reasons name limits and pressures alike")
        for channel, rate in _mapping(pressure.data.get("channels")).items():
            if channel not in merged.channels:
                _unknown(pressure, "channel", channel, merged.channels, faults, "channels", channel)
            for class_ in _mapping(_mapping(rate).get("classes")):
                if class_ not in classes:
                    _unknown(pressure, "class", class_, classes, faults, "channels", channel, "classes", class_)
            _weights(pressure, channel, _mapping(rate), faults)
    for quiet in merged.quiet_hours.values():
        _quiet(quiet, merged, faults)
    _customer_timezone(merged, faults)
    for action in merged.actions.values():
        advertises = action.data.get("purpose", action.data.get("class", ADVERTISING)) == ADVERTISING
        if action.data.get("legal") is True and advertises:
            mend = "the law demands no advertising: write `class: service`, or leave `legal` out"
            faults.add(action.mark("legal"), f"the action `{action.id}` is legal and advertising", mend)


def _quiet(quiet: Item, merged: Merged, faults: Faults) -> None:
    data = quiet.data
    first = next((s[quiet.id] for s in (merged.contact_policies, merged.contact_pressure) if quiet.id in s), None)
    if first is not None:
        what = f"the id `{quiet.id}` is that of a contact limit or pressure (at {first.mark('id')})"
        faults.add(quiet.mark("id"), what, "give one another id: reasons name them alike")
    if data.get("weekdays") and data.get("dates"):
        faults.add(quiet.mark("dates"), "weekdays and dates at once", "write quiet hours of their own for each")
    start, end = data.get("from", "00:00"), data.get("to", "24:00")
    if start == end or start == "24:00":
        faults.add(quiet.mark("from" if "from" in data else "to"), f"nothing is quiet from {start} to {end}", _ALL_DAY)
    dates = data.get("dates")
    for index, text in enumerate(dates if isinstance(dates, list) else ()):
        if isinstance(text, str) and not _is_day(text):
            faults.add(quiet.mark("dates", index), f"`{text}` is no day", "write a day that exists, as 2026-12-25")


def _is_day(text: str) -> bool:
    """Whether it is a date, or a day of some year."""
    try:
        date.fromisoformat(text if len(text) == 10 else f"2028-{text}")
    except ValueError:
        return False
    return True


def _customer_timezone(merged: Merged, faults: Faults) -> None:
    name = merged.catalog.data.get("customer_timezone") if merged.catalog else None
    if not merged.catalog or not isinstance(name, str):
        return
    mark = merged.catalog.mark("customer_timezone")
    if name not in merged.attributes:
        mend = did_you_mean(name, merged.attributes) or "declare it under `attributes:`"
        faults.add(mark, f"unknown attribute `{name}`", mend)
    elif merged.attributes[name].data.get("type") not in ("string", None):
        faults.add(
            mark, f"the attribute `{name}` is no string", "name one that has an IANA time zone, as Europe/Berlin"
        )


def _weights(pressure: Item, channel: str, rate: Mapping[str, Any], faults: Faults) -> None:
    budgets = [pressure.data.get("budget"), *_mapping(pressure.data.get("segments")).values()]
    most = max((budget for budget in budgets if _number(budget)), default=0)
    weights: list[tuple[tuple[str, ...], Any]] = [(("weight",), rate.get("weight"))]
    weights += [(("classes", class_), weight) for class_, weight in _mapping(rate.get("classes")).items()]
    for path, weight in weights:
        if _number(weight) and most and weight > most:
            what = f"a contact of weight {weight:g} never fits a budget of {most:g}"
            faults.add(pressure.mark("channels", channel, *path), what, "lower the weight or raise the budget")


def _unknown(item: Item, kind: str, name: str, known: Collection[str], faults: Faults, *path: str) -> None:
    mend = meant_or_declare(name, known, {"channel": "channels", "class": "catalog: classes"}[kind])
    faults.add(item.source.key_mark((*item.path, *path)), f"unknown {kind} `{name}`", mend)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
