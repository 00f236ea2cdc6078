"""The keys of suppressions by related attribute: `attribute=value`, written one way everywhere."""

from __future__ import annotations


def attribute_keys(attribute: str, value: object) -> tuple[str, ...]:
    """The `attribute=value` keys of a value; a list has one for each item, a missing value none."""
    if value is None:
        return ()
    values = value if isinstance(value, tuple) else (value,)
    return tuple(f"{attribute}={_text(item)}" for item in values)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
