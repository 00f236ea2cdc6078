"""YAML files as plain data that still knows where each value stands.

Reads YAML 1.2's core types (so `no` and `2026-01-01` are texts) from libyaml's nodes. It does not know what the data mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from nba_server.adapters.catalog.faults import Faults, Mark
from nba_server.adapters.catalog.scalar_position import position_in_scalar

Path = tuple[str | int, ...]
"""The way to a value: keys and list indices from the document's root."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(slots=True)
class Source:
    """One file: its text, its data (a mapping, or empty), and the nodes of keys and values by path."""

    file: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    keys: dict[Path, yaml.Node] = field(default_factory=dict)
    values: dict[Path, yaml.Node] = field(default_factory=dict)
    broken: bool = False
    """Not YAML: nothing is known of what the file declares."""

    def mark(self, path: Path) -> Mark:
        """Where the value at `path` begins; for an unknown path the nearest one above it."""
        while path and path not in self.values:
            path = path[:-1]
        return self._mark(self.values.get(path))

    def key_mark(self, path: Path) -> Mark:
        """Where the key of `path` stands; for list items the item."""
        node = self.keys.get(path)
        return self._mark(node) if node is not None else self.mark(path)

    def mark_within(self, path: Path, offset: int) -> Mark:
        """Where the character `offset` (from 0) of the text value at `path` stands in the file."""
        node = self.values[path]
        if not isinstance(node, yaml.ScalarNode):
            return self._mark(node)
        line, column = position_in_scalar(self.text, node, offset)
        return Mark(self.file, line, column)

    def _mark(self, node: yaml.Node | None) -> Mark:
        if node is None:
            return Mark(self.file, 1, 1)
        return Mark(self.file, node.start_mark.line + 1, node.start_mark.column + 1)


def parse_source(file: str, text: str, faults: Faults) -> Source:
    """Parses one file. Syntax faults, doubled keys and a root that is no mapping are noted; the rest is still read."""
    source = Source(file, text)
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        faults.add(*_syntax_fault(file, error))
        source.broken = True
        return source
    except yaml.YAMLError as error:
        faults.add(Mark(file, 1, 1), f"not YAML: {error}", "save the file as UTF-8 text without control characters")
        source.broken = True
        return source
    if root is None:
        return source
    data = _Reader(source, faults).read(root, ())
    if isinstance(data, dict):
        source.data = data
    else:
        faults.add(source.mark(()), "a file must be a mapping of sections", "begin with a section such as `actions:`")
    return source


def _syntax_fault(file: str, error: yaml.MarkedYAMLError) -> tuple[Mark, str, str]:
    mark = error.problem_mark or error.context_mark
    where = Mark(file, mark.line + 1, mark.column + 1) if mark else Mark(file, 1, 1)
    what = f"not YAML: {error.problem or error.context}"
    problem = error.problem or ""
    if "cannot start any token" in problem:
        return where, what, "indent with blanks, not tabs, and put texts that begin with a special character in quotes"
    if "mapping values" in problem:
        return where, what, "put a text that contains `: ` in quotes"
    if error.context and error.context_mark:
        opened = error.context_mark
        return where, what, f"{error.context} that begins in line {opened.line + 1}, column {opened.column + 1}"
    return where, what, "check indentation and quotes"


class _Reader:
    """Turns nodes into plain data and fills the source's nodes by path."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults
        self._open: set[int] = set()

    def read(self, node: yaml.Node, path: Path) -> Any:
        self._source.values[path] = node
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            self._faults.add(self._source.mark(path), "an alias that contains itself", "write the value out")
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = Mark(self._source.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self._faults.add(mark, "a key must be a plain word", "")
                continue
            key = str(key_node.value)
            if key in data:
                first = self._source.keys[(*path, key)].start_mark.line + 1
                self._faults.add(mark, f"`{key}` is written twice (first in line {first})", "merge the two")
                continue
            self._source.keys[(*path, key)] = key_node
            data[key] = self.read(value_node, (*path, key))
        return data


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style in ("'", '"', "|", ">") or node.tag == "!":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text
