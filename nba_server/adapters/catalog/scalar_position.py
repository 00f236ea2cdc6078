"""Where a character of a YAML text stands in the file, for plain, quoted, literal and folded texts.

Blanks are folded by YAML in many ways, everything else stands in the file as it is: so count what is not blank.
"""

from __future__ import annotations

import yaml

_BLANK_ESCAPES = "ntr _NLP\t\n"


def position_in_scalar(text: str, node: yaml.ScalarNode, offset: int) -> tuple[int, int]:
    """Line and column (from 1) in `text` of the character `offset` (from 0) of the scalar `node`'s value."""
    value = str(node.value)
    line, column = node.start_mark.line, node.start_mark.column
    at = _index(text, line, column)
    style = node.style if node.style in ("'", '"', "|", ">") else ""
    at = text.find("\n", at) + 1 if style in ("|", ">") else at + len(style)
    at = _skip(text, at, sum(not char.isspace() for char in value[:offset]), style)
    if offset < len(value) and not value[offset].isspace():
        while at < len(text) and text[at].isspace():
            at += 1
    start = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, at - start + 1


def _index(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line):
        at = text.find("\n", at) + 1
    return at + column


def _skip(text: str, at: int, count: int, style: str) -> int:
    """The index behind `count` characters that are not blank, seen from `at`."""
    while count > 0 and at < len(text):
        size, blank = _unit(text, at, style)
        at += size
        count -= not blank
    return at


def _unit(text: str, at: int, style: str) -> tuple[int, bool]:
    """Length in the file of the character that begins at `at`, and whether it is blank in the value."""
    if style == "'" and text.startswith("''", at):
        return 2, False
    if style == '"' and text[at] == "\\" and at + 1 < len(text):
        long = {"x": 4, "u": 6, "U": 10}.get(text[at + 1], 2)
        return long, text[at + 1] in _BLANK_ESCAPES
    return 1, text[at].isspace()
