"""Fits a value that a caller sent to the type that the catalogue declares for its field, or says in words why it does not."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from nba_server.domain.catalog import FieldType
from nba_server.domain.profile import Scalar

MAX_INTEGER = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = -62_135_596_800_000
_LAST_MS = 253_402_300_799_999
"""Moments of the years 1 to 9999, as Timestamp and the rules can carry them."""
_WORDS = {
    FieldType.STRING: "a string",
    FieldType.INTEGER: "an integer",
    FieldType.NUMBER: "a number",
    FieldType.BOOLEAN: "a boolean",
    FieldType.STRINGS: "a list of strings",
    FieldType.TIME: "a time",
}
_MOMENT = "a Timestamp, milliseconds since 1970 UTC or text with a zone such as 2026-03-01T12:30:00Z"


def fit(value: Scalar, declared: FieldType) -> Scalar | None:
    """The value in the declared type, or None when it does not fit.

    Whole numbers fit `integer` and `number` in either spelling; numbers must be finite. Times come as integers (ms) or
    as ISO 8601 text with a zone, and are integers then.
    """
    match declared:
        case FieldType.STRING:
            return value if isinstance(value, str) else None
        case FieldType.BOOLEAN:
            return value if isinstance(value, bool) else None
        case FieldType.STRINGS:
            return value if isinstance(value, tuple) else None
        case FieldType.NUMBER:
            return float(value) if _is_number(value) else None
        case FieldType.INTEGER:
            return _whole(value)
        case FieldType.TIME:
            moment = _moment(value) if isinstance(value, str) else _whole(value)
            return moment if moment is not None and _FIRST_MS <= moment <= _LAST_MS else None


def fault_of(value: Scalar, declared: FieldType) -> str:
    """Why `fit` gave None, in words."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"must be a finite {declared.value}"
    if declared is FieldType.TIME:
        if isinstance(value, str) and value:
            return f"must be a time: `{value[:40]}` is not {_MOMENT}"
        if _whole(value) is not None:
            return "must be a time of the years 1 to 9999"
        return f"must be a time ({_MOMENT}), is {_kind(value)}"
    return f"must be {_WORDS[declared]}, is {_kind(value)}"


def _moment(text: str) -> int | None:
    """Milliseconds since 1970 UTC; None for what is no ISO 8601 time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(milliseconds=1)


def _whole(value: Scalar) -> int | None:
    if not _is_number(value) or int(value) != value or abs(value) > MAX_INTEGER:
        return None
    return int(value)


def _is_number(value: Scalar) -> TypeGuard[int | float]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= MAX_INTEGER if isinstance(value, int) else math.isfinite(value)


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int):
        return "an integer"
    return "a number" if isinstance(value, float) else "a list of strings"
