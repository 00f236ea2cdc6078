"""Checks one file against the JSON Schema and puts every finding into plain words with its place.

The schema (`schema.json`, package data) is also what editors use. What no schema can say is checked in `checking.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any

import orjson
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from nba_server.adapters.catalog.faults import Faults, did_you_mean
from nba_server.adapters.catalog.schema_filter import Accepts, accepts
from nba_server.adapters.catalog.yaml_source import Source

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}

_VALIDATOR = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)
"""The standard calls 1.0 an integer; a number of slots it is not."""


def schema_text(name: str = "schema.json") -> str:
    """A JSON Schema of this package as shipped: `schema.json` for catalogue files, `test_schema.json` for tests."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


@cache
def validator(name: str = "schema.json") -> Any:
    """The compiled schema."""
    return _VALIDATOR(orjson.loads(schema_text(name)))


@cache
def _filter(name: str) -> Accepts:
    return accepts(orjson.loads(schema_text(name)))


def check_schema(source: Source, faults: Faults, name: str = "schema.json") -> None:
    """Notes every violation of the schema in the file, and replaces each value that does not fit by None.

    So whatever reads the data next finds a value of the right form, None, or nothing.
    """
    if _filter(name)(source.data):
        return
    wrong: list[tuple[str | int, ...]] = []
    for error in list(validator(name).iter_errors(source.data)):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties":
            for key in _extras(error):
                mend = did_you_mean(key, error.schema.get("properties", ()))
                faults.add(source.key_mark((*path, key)), f"unknown key `{key}`", mend)
        elif error.validator == "required":
            _missing(source, path, error, faults)
        elif "propertyNames" in error.absolute_schema_path:
            mend = str(error.schema.get("x-mend", "")) or did_you_mean(
                str(error.instance), error.schema.get("enum", ())
            )
            faults.add(source.key_mark((*path, str(error.instance))), f"`{error.instance}` cannot be a name here", mend)
        else:
            what, mend = _words(error)
            faults.add(source.mark(path), what, mend)
            wrong.append(path)
    for path in sorted(wrong, key=len, reverse=True):
        _blank(source.data, path)


def _blank(data: Any, path: tuple[str | int, ...]) -> None:
    for step in path[:-1]:
        data = data[step]
    if path:
        data[path[-1]] = None


def _extras(error: ValidationError) -> Iterator[str]:
    known: Mapping[str, Any] = error.schema.get("properties", {})
    return (key for key in error.instance if key not in known)


def _missing(source: Source, path: tuple[str | int, ...], error: ValidationError, faults: Faults) -> None:
    known = error.schema["properties"]
    mistyped = {near for key in error.instance if key not in known for near in get_close_matches(key, known, n=1)}
    for key in error.validator_value:
        if key not in error.instance and key not in mistyped:
            description = known.get(key, {}).get("description", "")
            mend = f"add `{key}:`" + (f" ({description.rstrip('.')})" if description else "")
            faults.add(source.mark(path), f"`{key}` is missing", mend)


def _words(error: ValidationError) -> tuple[str, str]:
    """What is wrong and the mend of one violation."""
    shown = _shown(error.instance)
    mend = str(error.schema.get("x-mend", ""))
    value = error.validator_value
    if error.validator == "type":
        wanted = " or ".join(_TYPES[name] for name in ([value] if isinstance(value, str) else value))
        return f"{wanted} is needed here, not {shown}", mend or _type_mend(value, error.instance)
    if error.validator == "enum":
        return f"{shown} is not possible here", did_you_mean(str(error.instance), map(str, value), few=20)
    if error.validator == "pattern":
        return f"{shown} cannot be read", mend
    bounds = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
    }
    if str(error.validator) in bounds:
        return f"{shown} is out of range", mend or f"write a number of {bounds[str(error.validator)]} {value:g}"
    if error.validator in ("minItems", "minLength", "minProperties"):
        return "this must not be empty", mend
    if error.validator == "uniqueItems":
        return "the list names something twice", "name each once"
    return error.message, mend


def _type_mend(wanted: object, instance: object) -> str:
    if instance is None:
        return "write a value, or leave the key out"
    if wanted == "string":
        return "put it in quotes" if isinstance(instance, bool | int | float) else "write a text"
    if wanted == "boolean":
        return "write true or false, without quotes"
    if wanted == "array" and not isinstance(instance, dict):
        return f"write a list: [{instance}]"
    if wanted in ("number", "integer") and isinstance(instance, str):
        return "write the number without quotes or unit"
    return ""


def _shown(instance: object) -> str:
    if isinstance(instance, dict):
        return "a mapping"
    if isinstance(instance, list):
        return "a list"
    if instance is None:
        return "nothing"
    if isinstance(instance, bool):
        return f"`{str(instance).lower()}`"
    text = str(instance)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"
