"""One field of a column mapping: where a value comes from in a row, and how it is read.

`name: column` is short for `name: {column: column}`. Every fault names the field and what it found.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nba_server.commands.words import moment
from nba_server.errors import NbaError

TYPES = ("any", "text", "integer", "number", "boolean", "texts", "time")
_KEYS = {"column", "value", "template", "map", "missing", "type", "unit", "origin", "separator", "format", "scale"}
_TRUE, _FALSE = {"true", "1", "yes", "y", "t"}, {"false", "0", "no", "n", "f"}
_UNITS = {"milliseconds": 0.001, "seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86_400.0}
_SLOT = re.compile(r"\{([^{}]+)\}")


class MappingInvalid(NbaError):
    """A mapping file with faults, one line each."""

    reason = "MAPPING_INVALID"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the mapping has faults:\n  " + "\n  ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Field:
    """Reads one value. Exactly one of `column`, `template` (texts with `{column}`) and `value` is given.

    The type `any` leaves the value as the file has it: cells of CSV are texts. `map` replaces words, `missing` are words for
    "unknown" (the empty one always is). `unit` and `origin` turn a number into a moment; `format` is that of `strptime`;
    `separator` splits a text into a list; `scale` multiplies a number.
    """

    name: str
    type: str = "text"
    column: str = ""
    template: str = ""
    value: Any = None
    map: Mapping[str, Any] | None = None
    missing: frozenset[str] = frozenset()
    unit: str = ""
    origin: datetime | None = None
    format: str = ""
    separator: str = "|"
    scale: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.column,) if self.column else tuple(_SLOT.findall(self.template))

    def read(self, row: Mapping[str, Any]) -> Any:
        """The value, or None when it is missing. Raises `ValueError` with the field and what is wrong."""
        found = self._raw(row)
        if found is None or str(found) == "" or str(found) in self.missing:
            return None
        if self.map is not None:
            if str(found) not in self.map:
                known = ", ".join(list(self.map)[:8])
                raise ValueError(f"{self.name}: {found!r} is not in the map; it has {known}")
            found = self.map[str(found)]
            if found is None or found == "":
                return None
        try:
            return self._typed(found)
        except (ValueError, TypeError, OverflowError):
            raise ValueError(f"{self.name}: {found!r} is no {self.type}") from None

    def _raw(self, row: Mapping[str, Any]) -> Any:
        for column in self.columns:
            if column not in row:
                raise ValueError(f"{self.name}: the row has no column `{column}`")
        if self.column:
            found = row[self.column]
            return None if isinstance(found, float) and math.isnan(found) else found
        if self.template:
            cells = {column: row[column] for column in self.columns}
            if any(cell is None or str(cell) == "" for cell in cells.values()):
                return None
            return _SLOT.sub(lambda slot: str(cells[slot[1]]), self.template)
        return self.value

    def _typed(self, found: Any) -> Any:
        match self.type:
            case "integer":
                number = float(found)
                if number != int(number):
                    raise ValueError
                return int(found) if isinstance(found, int) else int(number)
            case "number":
                return _finite(float(found)) * self.scale
            case "boolean":
                return _flag(found)
            case "texts":
                return [str(part) for part in found] if isinstance(found, list) else str(found).split(self.separator)
            case "time":
                return self._moment(found)
            case "text":
                return str(found)
        if isinstance(found, datetime):
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return float(found) if isinstance(found, Decimal) else found

    def _moment(self, found: Any) -> datetime:
        if self.unit:
            origin = self.origin or datetime(1970, 1, 1, tzinfo=UTC)
            return origin + timedelta(seconds=_finite(float(found)) * _UNITS[self.unit])
        if isinstance(found, datetime):
            return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        if self.format:
            parsed = datetime.strptime(str(found), self.format)  # noqa: DTZ007  # the zone is added below
            return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)
        return moment(str(found))


def field_of(name: str, given: Any, default: str, faults: list[str]) -> Field:
    """A field of the mapping file; what is wrong with it goes to `faults`."""
    if isinstance(given, str):
        return Field(name, default, column=given)
    if not isinstance(given, dict):
        faults.append(f"{name}: must be the name of a column or a mapping such as {{column: ..., type: ...}}")
        return Field(name, default)
    unknown = sorted(set(map(str, given)) - _KEYS)
    if unknown:
        faults.append(f"{name}: `{unknown[0]}` is no key; known are {', '.join(sorted(_KEYS))}")
    if sum(key in given for key in ("column", "value", "template")) != 1:
        faults.append(f"{name}: needs exactly one of column, value and template")
    kind, unit = str(given.get("type", default)), str(given.get("unit", ""))
    if kind not in TYPES:
        faults.append(f"{name}.type: `{kind}` is not one of {', '.join(TYPES)}")
    if unit and unit not in _UNITS:
        faults.append(f"{name}.unit: `{unit}` is not one of {', '.join(_UNITS)}")
    words = given.get("map")
    if words is not None and not isinstance(words, dict):
        faults.append(f"{name}.map: must be a mapping from what is in the file to what is meant")
        words = None
    return Field(
        name=name,
        type=kind,
        column=str(given.get("column", "")),
        template=str(given.get("template", "")),
        value=given.get("value"),
        map=None if words is None else {_word(key): value for key, value in words.items()},
        missing=frozenset(_word(word) for word in _list(given.get("missing", []))),
        unit=unit,
        origin=_origin(name, given.get("origin"), faults),
        format=str(given.get("format", "")),
        separator=str(given.get("separator", "|")),
        scale=float(given.get("scale", 1.0)),
    )


def _origin(name: str, given: Any, faults: list[str]) -> datetime | None:
    if given is None:
        return None
    if isinstance(given, datetime):
        return given if given.tzinfo is not None else given.replace(tzinfo=UTC)
    try:
        return moment(str(given))
    except ValueError:
        faults.append(f"{name}.origin: `{given}` is no ISO 8601 time, e.g. 2026-03-01T00:00:00Z")
        return None


def _word(value: Any) -> str:
    """A key as a CSV file would have it: YAML reads `1` and `true` as other things than texts."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flag(found: Any) -> bool:
    if isinstance(found, bool):
        return found
    word = str(found).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise ValueError


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number
