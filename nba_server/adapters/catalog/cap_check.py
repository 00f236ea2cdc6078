"""Checks caps: one amount, something that it counts, costs for budgets, windows for pacing."""

from __future__ import annotations

from collections.abc import Iterator

from nba_server.adapters.catalog.faults import Faults
from nba_server.adapters.catalog.merging import Item, Merged


def check_caps(merged: Merged, faults: Faults) -> None:
    """Notes the faults of all caps; that named actions and groups exist is checked with the other references."""
    for cap in merged.caps.values():
        data = cap.data
        if ("total" in data) == ("budget" in data):
            what = "both a total and a budget" if "total" in data else "neither a total nor a budget"
            faults.add(cap.mark(), f"the cap `{cap.id}` has {what}", "write `total:` contacts, or `budget:` money")
        if not data.get("actions") and not data.get("groups"):
            faults.add(cap.mark(), f"the cap `{cap.id}` counts nothing", "name `actions:` or `groups:`")
        if data.get("pacing") == "even" and data.get("window", "total") == "total":
            faults.add(cap.mark("pacing"), "even over what has no end", "write a `window:`, as 1d")
        if "budget" in data:
            for action in _counted(cap, merged):
                mend = "give it the `cost:` of one contact"
                faults.add(cap.mark("budget"), f"the action `{action.id}` under a budget has no cost", mend)
        _named_alike(cap, merged, faults)


def _counted(cap: Item, merged: Merged) -> Iterator[Item]:
    """The cap's actions without a cost."""
    actions, groups = (set(cap.data.get(key) or ()) for key in ("actions", "groups"))
    for action in merged.actions.values():
        if (action.id in actions or action.parent in groups) and not action.data.get("cost"):
            yield action


def _named_alike(cap: Item, merged: Merged, faults: Faults) -> None:
    others = (merged.contact_policies, merged.contact_pressure, merged.quiet_hours)
    first = next((section[cap.id] for section in others if cap.id in section), None)
    if first is not None:
        what = f"the id `{cap.id}` is that of a contact limit, pressure or quiet hours (at {first.mark('id')})"
        faults.add(cap.mark("id"), what, "give one another id: reasons name them alike")
