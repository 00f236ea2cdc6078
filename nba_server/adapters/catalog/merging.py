"""Merges the files of a catalogue folder into one set of things by id, each with its place, and notes doubled ids.

The nested and the flat form (issue > group > action, or lists that name their parent) come out alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nba_server.adapters.catalog.faults import Faults, Mark
from nba_server.adapters.catalog.yaml_source import Path, Source

STAGES = ("eligibility", "applicability", "suitability")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of the catalogue as written: its fields, the file, its place, and the id of its parent (or empty)."""

    id: str
    data: dict[str, Any]
    source: Source
    path: Path
    parent: str = ""

    def mark(self, *below: str | int) -> Mark:
        """Where the thing, or a value in it, stands."""
        return self.source.mark((*self.path, *below))

    def children(self, key: str) -> Iterator[Item]:
        """The mappings with an id in the list `key`."""
        listed = self.data.get(key)
        for index, child in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(child, dict) and isinstance(child.get("id"), str):
                yield Item(child["id"], child, self.source, (*self.path, key, index), self.id)


Section = dict[str, Item]


@dataclass(slots=True)
class Merged:
    """Everything the files say, by section and id."""

    catalog: Item | None = None
    attributes: Section = field(default_factory=dict)
    context: Section = field(default_factory=dict)
    action_attributes: Section = field(default_factory=dict)
    channels: Section = field(default_factory=dict)
    placements: Section = field(default_factory=dict)
    issues: Section = field(default_factory=dict)
    groups: Section = field(default_factory=dict)
    actions: Section = field(default_factory=dict)
    contact_policies: Section = field(default_factory=dict)
    contact_pressure: Section = field(default_factory=dict)
    quiet_hours: Section = field(default_factory=dict)
    caps: Section = field(default_factory=dict)
    suppressions: Section = field(default_factory=dict)
    matters: Section = field(default_factory=dict)
    events: Section = field(default_factory=dict)
    context_weights: list[Item] = field(default_factory=list)


def merge(sources: Sequence[Source], faults: Faults) -> Merged:
    """One catalogue of many files. Broken things are left out: the schema has noted them already."""
    merged = Merged()
    broken = {fault.mark.file for fault in faults.found if fault.what.startswith("not YAML")}
    for source in sources:
        root = Item("", source.data, source, ())
        _catalog(merged, root, faults)
        for name in ("attributes", "context", "action_attributes", "channels", "placements", "events"):
            for item in _entries(root, name):
                _put(getattr(merged, name), item, name, faults)
        for issue in root.children("issues"):
            _put(merged.issues, issue, "issues", faults)
            for group in issue.children("groups"):
                _group(merged, group, faults)
        for group in root.children("groups"):
            _group(merged, _under(group, "issue"), faults)
        for action in root.children("actions"):
            _put(merged.actions, _under(action, "group"), "actions", faults)
        for name in ("contact_policies", "contact_pressure", "quiet_hours", "caps", "suppressions", "matters"):
            for item in root.children(name):
                _put(getattr(merged, name), item, name, faults)
        merged.context_weights.extend(_weights(root))
    if merged.catalog is None and not broken:
        first = Mark(sources[0].file, 1, 1) if sources else Mark("", 1, 1)
        faults.add(
            first, "no file has the section `catalog`", "add `catalog:` with `name:`, `timezone:` and `currency:`"
        )
    return merged


def _catalog(merged: Merged, root: Item, faults: Faults) -> None:
    data = root.data.get("catalog")
    if not isinstance(data, dict):
        return
    item = Item("catalog", data, root.source, ("catalog",))
    if merged.catalog is not None:
        mark = root.source.key_mark(("catalog",))
        faults.add(mark, f"`catalog` is already in {merged.catalog.mark().file}", "keep one of the two")
        return
    merged.catalog = item


def _group(merged: Merged, group: Item, faults: Faults) -> None:
    _put(merged.groups, group, "groups", faults)
    for action in group.children("actions"):
        _put(merged.actions, action, "actions", faults)


def _entries(root: Item, name: str) -> Iterator[Item]:
    section = root.data.get(name)
    for key, data in (section if isinstance(section, dict) else {}).items():
        if isinstance(data, dict):
            yield Item(key, data, root.source, (name, key))


def _weights(root: Item) -> Iterator[Item]:
    listed = root.data.get("context_weights")
    for index, data in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(data, dict):
            yield Item("", data, root.source, ("context_weights", index))


def _under(item: Item, key: str) -> Item:
    parent = item.data.get(key)
    return Item(item.id, item.data, item.source, item.path, parent if isinstance(parent, str) else "")


def _put(section: Section, item: Item, name: str, faults: Faults) -> None:
    first = section.get(item.id)
    if first is None:
        section[item.id] = item
        return
    mark = item.mark("id") if "id" in item.data else item.source.key_mark(item.path)
    faults.add(mark, f"the id `{item.id}` is used twice in {name} (first at {first.mark()})", "give one another id")
