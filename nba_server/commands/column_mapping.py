"""A column mapping: a small YAML file that says which column of a table is what. One file may map customers and interactions.

Without a mapping, columns are taken by their own names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from nba_server.commands.mapped_field import Field, MappingInvalid, field_of
from nba_server.commands.table_rows import BadRow, Row

Record = TypeVar("Record")

_SECTION_KEYS = {"customers", "interactions"}


@dataclass(frozen=True, slots=True)
class Fields:
    """What a section knows: fields by name with their default types, maps of fields (`attributes`), lists of records."""

    single: Mapping[str, str]
    maps: Mapping[str, str]
    records: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


CUSTOMERS = Fields(
    single={"customer_id": "text", "segments": "texts", "products": "texts"},
    maps={"attributes": "any"},
    records=("consents",),
    required=("customer_id",),
)
INTERACTIONS = Fields(
    single={
        "customer_id": "text",
        "contact_id": "text",
        "time": "time",
        "channel": "text",
        "placement": "text",
        "action": "text",
        "pick_probability": "number",
        "offer_probability": "number",
        "candidates": "texts",
        "outcome": "text",
        "outcome_time": "time",
        "revenue": "number",
        "product": "text",
        "reward": "number",
    },
    maps={"context": "any"},
    required=("customer_id", "time", "channel", "action"),
)
_KNOWN = {"customers": CUSTOMERS, "interactions": INTERACTIONS}


@dataclass(frozen=True, slots=True)
class Section:
    """A section, ready to read rows. `skip` maps a column to the words whose rows are passed over."""

    fields: Mapping[str, Field]
    maps: Mapping[str, Mapping[str, Field]]
    records: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    skip: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def skips(self, row: Mapping[str, Any]) -> bool:
        """Whether the row is meant to be passed over."""
        return any(str(row.get(column)) in words for column, words in self.skip.items())

    def read(self, given: Row) -> dict[str, Any]:
        """The values of a row by field. Raises `ValueError` with every bad field of it."""
        row = {**dict.fromkeys(self._columns()), **given.values} if given.sparse else given.values
        found: dict[str, Any] = {}
        faults: list[str] = []
        for name, one in self.fields.items():
            _into(found, name, one, row, faults)
        for name, members in self.maps.items():
            inner: dict[str, Any] = {}
            for key, one in members.items():
                _into(inner, key, one, row, faults)
            found[name] = {key: value for key, value in inner.items() if value is not None}
        if faults:
            raise ValueError("; ".join(faults))
        return found

    def _columns(self) -> list[str]:
        members = [one for inner in self.maps.values() for one in inner.values()]
        return [column for one in (*self.fields.values(), *members) for column in one.columns]


class SectionReader:
    """The section for a row: that of the mapping file, or without one that of the row's own column names.

    Raises `MappingInvalid`, `OSError` when it is made, or for the first row of a table whose columns are no fields.
    """

    def __init__(self, path: Path | None, name: str) -> None:
        self._known = _KNOWN[name]
        self._mapped = None if path is None else _load(path, name)
        self._by_columns: dict[tuple[str, ...], Section] = {}

    def section(self, row: Row) -> Section:
        """For one row. Of JSON lines each may name other fields; a fault of theirs is a `ValueError` of that row."""
        if self._mapped is not None:
            return self._mapped
        columns = tuple(row.values)
        if columns not in self._by_columns:
            try:
                self._by_columns[columns] = _by_name(self._known, columns)
            except MappingInvalid as fault:
                if row.sparse:
                    raise ValueError("; ".join(fault.faults)) from None
                raise
        return self._by_columns[columns]


def mapped(
    rows: Iterable[Row | BadRow], sections: SectionReader, record: Callable[[int, dict[str, Any], Section], Record]
) -> Iterator[Record | BadRow]:
    """Rows as records; what is wrong with a row is said with its number, rows to be skipped are passed over."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            section = sections.section(row)
            if not section.skips(row.values):
                yield record(row.number, section.read(row), section)
        except ValueError as fault:
            yield BadRow(row.number, str(fault))


def _load(path: Path, name: str) -> Section:
    known = _KNOWN[name]
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise MappingInvalid([f"{path.name} is no YAML: {fault}"]) from fault
    if not isinstance(document, dict) or not set(document) <= _SECTION_KEYS or name not in document:
        raise MappingInvalid(
            [f"{path.name} must have `{name}:`, and nothing beside {', '.join(sorted(_SECTION_KEYS))}"]
        )
    return section_of(document[name], known, name)


def section_of(given: Any, known: Fields, name: str) -> Section:
    """A section from plain data. Raises `MappingInvalid` with every fault."""
    if not isinstance(given, dict):
        raise MappingInvalid([f"{name}: must be a mapping from field to column"])
    allowed = {*known.single, *known.maps, *known.records, "skip"}
    faults = [
        f"{name}.{key}: is no field; known are {', '.join(sorted(allowed))}" for key in given if key not in allowed
    ]
    faults += [f"{name}.{key}: is required" for key in known.required if key not in given]
    fields = {key: field_of(key, given[key], kind, faults) for key, kind in known.single.items() if key in given}
    maps: dict[str, dict[str, Field]] = {}
    for key, kind in known.maps.items():
        members = given.get(key, {})
        if not isinstance(members, dict):
            faults.append(f"{name}.{key}: must be a mapping from name to column")
            members = {}
        maps[key] = {str(inner): field_of(f"{key}.{inner}", one, kind, faults) for inner, one in members.items()}
    records = {key: tuple(given.get(key, ())) for key in known.records}
    skip = given.get("skip", {})
    if not isinstance(skip, dict):
        faults.append(f"{name}.skip: must map a column to the words whose rows are passed over")
        skip = {}
    if faults:
        raise MappingInvalid(faults)
    words = {
        str(key): frozenset(map(str, value if isinstance(value, list) else [value])) for key, value in skip.items()
    }
    return Section(fields, maps, records, words)


def _by_name(known: Fields, columns: tuple[str, ...]) -> Section:
    fields = {name: Field(name, kind, column=name) for name, kind in known.single.items() if name in columns}
    maps: dict[str, dict[str, Field]] = {name: {} for name in known.maps}
    faults = [
        f"{name}: no column has this name; give a mapping (--mapping)" for name in known.required if name not in columns
    ]
    for column in columns:
        prefix, dot, rest = column.partition(".")
        if dot and prefix in maps:
            maps[prefix][rest] = Field(column, known.maps[prefix], column=column)
        elif column not in fields and column not in known.maps:
            faults.append(
                f"column `{column}` is no field; give a mapping (--mapping), or name it e.g. `{next(iter(maps))}.{column}`"
            )
    if faults:
        raise MappingInvalid(faults)
    return Section(fields, maps)


def _into(found: dict[str, Any], name: str, one: Field, row: Mapping[str, Any], faults: list[str]) -> None:
    try:
        found[name] = one.read(row)
    except ValueError as fault:
        faults.append(str(fault))
