"""Values of declared fields as written in a catalogue or a test: whether they fit, and as the domain has them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from nba_server.adapters.catalog.time_words import instant_ms
from nba_server.domain.catalog import FieldType
from nba_server.domain.profile import Scalar

_WANTED = {
    FieldType.STRING: "a text",
    FieldType.INTEGER: "a whole number",
    FieldType.NUMBER: "a number",
    FieldType.BOOLEAN: "true or false",
    FieldType.STRINGS: "a list of texts",
    FieldType.TIME: "a date or time",
}


def value_fault(value: Any, type_: FieldType) -> tuple[str, str] | None:
    """What is wrong with a value of a field of this type, and the mend; None when it fits."""
    if _fits(value, type_):
        return None
    shown = "nothing" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"
    mend = f"write {_WANTED[type_]}"
    if type_ is FieldType.STRING and isinstance(value, bool | int | float):
        mend = "put it in quotes"
    if type_ is FieldType.STRINGS and isinstance(value, str):
        mend = f"write [{value}]"
    return f"{_WANTED[type_]} is needed here, not {shown}", mend


def field_value(value: Any, type_: FieldType, zone: ZoneInfo) -> Scalar:
    """A value that fits, as the domain has it: numbers as float, lists as tuples, times as milliseconds."""
    if type_ is FieldType.NUMBER:
        return float(value)
    if type_ is FieldType.STRINGS:
        return tuple(value)
    if type_ is FieldType.TIME:
        return instant_ms(str(value), zone)
    result: Scalar = value
    return result


def _fits(value: Any, type_: FieldType) -> bool:
    if type_ is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if type_ is FieldType.INTEGER:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    if type_ is FieldType.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    if type_ is FieldType.STRINGS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if type_ is FieldType.TIME:
        return isinstance(value, str) and _is_instant(value)
    return isinstance(value, str)


def _is_instant(text: str) -> bool:
    try:
        instant_ms(text, ZoneInfo("UTC"))
    except ValueError:
        return False
    return True
