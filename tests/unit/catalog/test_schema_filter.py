"""The fast filter before the validator says the same as the validator."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nba_server.adapters.catalog.faults import Faults
from nba_server.adapters.catalog.schema import schema_text, validator
from nba_server.adapters.catalog.schema_filter import accepts
from nba_server.adapters.catalog.yaml_source import parse_source
from tests.unit.catalog.conftest import BODY, HEAD

FILTER = accepts(orjson.loads(schema_text()))
DOCUMENT = parse_source("x", HEAD + BODY, Faults()).data
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 200_000),
    st.floats(allow_nan=False),
    st.sampled_from(["", "x", "7d", "Ä", "2026-01-01", "forever", "string", "inbound", "a b", "9" * 70]),
    st.just([]),
    st.just({}),
    st.just(["a", "a"]),
    st.just([{"id": "x"}]),
)


def places(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path into plain data."""
    yield path
    if isinstance(data, dict):
        for key, value in data.items():
            yield from places(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from places(value, (*path, index))


PLACES = [place for place in places(DOCUMENT) if place]


def test_a_sound_catalogue_passes() -> None:
    """The filter accepts what the validator accepts, so that sound files never reach the validator."""
    assert FILTER(DOCUMENT)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), VALUES, st.sampled_from(["replace", "remove", "add"]))
def test_filter_equals_validator_on_damaged_catalogues(place: tuple[str | int, ...], value: Any, how: str) -> None:
    """Whatever is replaced, removed or added anywhere: both give the same verdict."""
    document = copy.deepcopy(DOCUMENT)
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    if how == "remove":
        del parent[place[-1]]
    elif how == "add" and isinstance(parent, dict):
        parent["surprise"] = value
    else:
        parent[place[-1]] = value
    assert FILTER(document) is validator().is_valid(document)


def test_unknown_keywords_are_refused_when_it_is_built() -> None:
    """A schema that uses more than the filter knows does not pass silently."""
    with pytest.raises(ValueError, match="dependentRequired"):
        accepts({"type": "object", "dependentRequired": {"a": ["b"]}})
