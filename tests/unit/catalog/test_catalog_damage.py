"""Whatever is wrong with a catalogue, it is told as faults: never an exception, never a silent acceptance."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nba_server.adapters.catalog import CatalogFaulty, compile_snapshot, compile_text
from tests.unit.catalog.conftest import BODY, HEAD
from tests.unit.catalog.test_schema_filter import DOCUMENT, PLACES, VALUES

TEXT = HEAD + BODY
PIECES = [
    "{",
    "}",
    "[",
    "]",
    ":",
    "\t",
    "'",
    '"',
    "&a",
    "*a",
    "- ",
    "#",
    "|",
    "\x00",
    "ü",
    "\n",
    "<<",
    "has(",
    "&&",
    "99999999999999999999",
]


def compiled_or_faulty(text: str) -> None:
    """Compiles; a fault must have a place in the file and words. What compiles must survive its snapshot."""
    try:
        compiled = compile_text(text)
    except CatalogFaulty as faulty:
        told = faulty.found
    else:
        told = ()
        assert compile_snapshot(compiled.canonical).actions == compiled.catalog.actions
    for fault in told:
        assert fault.what
        assert 1 <= fault.mark.line <= text.count("\n") + 2
        assert fault.mark.column >= 1


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), VALUES, st.booleans())
def test_damaged_data(place: tuple[str | int, ...], value: Any, remove: bool) -> None:
    """Any value anywhere, or anything left out."""
    document = copy.deepcopy(DOCUMENT)
    parent: Any = document
    for step in place[:-1]:
        parent = parent[step]
    if remove:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    compiled_or_faulty(yaml.safe_dump(document, allow_unicode=True))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(0, len(TEXT)), st.integers(0, 40), st.sampled_from(["", *PIECES]))
@example(0, len(TEXT), "")
def test_damaged_text(at: int, cut: int, piece: str) -> None:
    """Text cut out and pieces put in, anywhere."""
    compiled_or_faulty(TEXT[:at] + piece + TEXT[at + cut :])


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.text(alphabet=st.sampled_from("customer.age>=18&|()'\"[]has nowü,?:\n\\"), max_size=40))
@example("customer.age >= 99999999999999999999")
@example("'" * 3)
@example("(" * 300)
def test_damaged_rules(source: str) -> None:
    """Any text as a rule."""
    quoted = yaml.safe_dump(source, default_style='"', width=10_000).strip()
    compiled_or_faulty(TEXT.replace("when: customer.age >= 18", f"when: {quoted}"))
