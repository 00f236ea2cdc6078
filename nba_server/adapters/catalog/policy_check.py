"""Checks contact pressure: names that exist, and budgets that a contact can ever fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nba_server.adapters.catalog.faults import Faults, did_you_mean
from nba_server.adapters.catalog.merging import Item, Merged


def check_policies(merged: Merged, classes: Collection[str], faults: Faults) -> None:
    """Notes the faults of all contact pressures. `classes` are the communication classes there are."""
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


def _weights(pressure: Item, channel: str, rate: Mapping[str, Any], faults: Faults) -> None:
    budgets = [pressure.data.get("budget"), *_mapping(pressure.data.get("segments")).values()]
    most = max((budget for budget in budgets if _number(budget)), default=0)
    weights = {("weight",): rate.get("weight"), **{("classes", n): w for n, w in _mapping(rate.get("classes")).items()}}
    for path, weight in weights.items():
        if _number(weight) and most and weight > most:
            what = f"a contact of weight {weight:g} never fits a budget of {most:g}"
            faults.add(pressure.mark("channels", channel, *path), what, "lower the weight or raise the budget")


def _unknown(item: Item, kind: str, name: str, known: Collection[str], faults: Faults, *path: str) -> None:
    faults.add(item.source.key_mark((*item.path, *path)), f"unknown {kind} `{name}`", did_you_mean(name, known))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
