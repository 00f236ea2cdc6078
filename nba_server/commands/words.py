"""Values as they are typed on a command line: `key=value` pairs, moments, and how numbers are shown to people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")


def pairs(items: Iterable[str], option: str) -> dict[str, Any]:
    """`key=value` texts as a map. Raises `BadParameter`."""
    values: dict[str, Any] = {}
    for item in items:
        key, equals, text = item.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{item!r} is not KEY=VALUE", param_hint=option)
        values[key] = value(text)
    return values


def value(text: str) -> Any:
    """JSON where it is JSON (`42`, `1.5`, `true`, `"42"`, `["a", "b"]`), a moment where it is ISO 8601, else the text."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return moment(text) if _MOMENT.fullmatch(text) else text
    return text if isinstance(parsed, dict) else parsed


def moment(text: str) -> datetime:
    """An ISO 8601 moment; without a zone it is UTC. Raises `ValueError`."""
    parsed = datetime.fromisoformat(text)
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def option_moment(text: str | None, option: str) -> datetime | None:
    """The moment of an option. Raises `BadParameter`."""
    try:
        return None if text is None else moment(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no ISO 8601 time, e.g. 2026-03-01T12:30:00Z", param_hint=option
        ) from None


def number(value: float | None, digits: int = 4) -> str:
    """A number for people; empty for None."""
    return "" if value is None else f"{value:.{digits}g}"
