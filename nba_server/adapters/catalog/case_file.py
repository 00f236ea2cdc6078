"""Test files of a catalogue (`*_test.yaml`): reads them and notes their faults with their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nba_server.adapters.catalog.faults import Faults, Mark, did_you_mean
from nba_server.adapters.catalog.field_values import value_fault
from nba_server.adapters.catalog.schema import check_schema
from nba_server.adapters.catalog.yaml_source import Path, Source, parse_source
from nba_server.domain.catalog import Catalog, FieldType

SCHEMA = "test_schema.json"
DEFAULT_AT = "2026-01-01T12:00"


@dataclass(frozen=True, slots=True)
class Case:
    """One case as written, with the file's defaults filled in, and where its parts stand."""

    name: str
    data: Mapping[str, Any]
    source: Source
    path: Path

    def mark(self, *below: str | int) -> Mark:
        """Where the case, or a part of it, stands."""
        return self.source.mark((*self.path, *below))


def read_cases(file: str, text: str, catalog: Catalog, faults: Faults) -> list[Case]:
    """The cases of one file that can be run. Faults of the others are noted."""
    own = Faults()
    source = parse_source(file, text, own)
    check_schema(source, own, SCHEMA)
    cases = list(_cases(source)) if not own.found else []
    for case in cases:
        _References(case, catalog, own).check()
    faults.found.extend(own.found)
    return [] if own.found else cases


def _cases(source: Source) -> Iterator[Case]:
    defaults: dict[str, Any] = {"at": DEFAULT_AT}
    defaults.update((key, source.data[key]) for key in ("at", "channel", "placement") if key in source.data)
    for index, data in enumerate(source.data.get("tests", ())):
        given = dict(defaults)
        if "channel" in data:
            given.pop("placement", None)
        yield Case(data["name"], {**given, **data}, source, ("tests", index))


class _References:
    """Whether everything that a case names exists in the catalogue and has the right type."""

    def __init__(self, case: Case, catalog: Catalog, faults: Faults) -> None:
        self._case = case
        self._catalog = catalog
        self._faults = faults

    def check(self) -> None:
        case, catalog = self._case, self._catalog
        channel = case.data.get("channel")
        if channel is None:
            self._faults.add(case.mark(), "the case names no channel", "add `channel:`, here or at the top of the file")
        else:
            self._known(channel, "channel", catalog.channels, "channel")
        if "placement" in case.data:
            self._known(case.data["placement"], "placement", catalog.placements, "placement")
        self._values(case.data.get("context", {}), catalog.context, "context field", "context")
        customer = case.data.get("customer", {})
        self._values(customer.get("attributes", {}), catalog.attributes, "attribute", "customer", "attributes")
        for index, contact in enumerate(customer.get("contacts", ())):
            self._known(contact["action"], "action", catalog.index, "customer", "contacts", index, "action")
            self._known(contact["channel"], "channel", catalog.channels, "customer", "contacts", index, "channel")
        for index, matter in enumerate(customer.get("matters", ())):
            self._known(matter["rule"], "rule of matters", catalog.matter_masks, "customer", "matters", index, "rule")
        expect = case.data["expect"]
        for key in ("ranking", "actions", "includes"):
            for index, action in enumerate(expect.get(key, ())):
                self._known(action, "action", catalog.index, "expect", key, index)
        for action in expect.get("removed", {}):
            self._known(action, "action", catalog.index, "expect", "removed", action)
        for index, action in enumerate(case.data.get("exclude", ())):
            self._known(action, "action", catalog.index, "exclude", index)

    def _known(self, name: str, kind: str, known: Iterable[str], *below: str | int) -> None:
        if name not in set(known):
            self._faults.add(self._case.mark(*below), f"unknown {kind} `{name}`", did_you_mean(name, known))

    def _values(self, values: Mapping[str, Any], types: Mapping[str, FieldType], kind: str, *below: str) -> None:
        for name, value in values.items():
            if name not in types:
                self._known(name, kind, types, *below, name)
            elif fault := value_fault(value, types[name]):
                self._faults.add(self._case.mark(*below, name), *fault)
