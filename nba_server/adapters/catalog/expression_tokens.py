"""What can be seen of a CEL expression without parsing it: the facts it names, and `has(fact)` made flat.

The engine knows `has()` only for fields of messages and maps, and facts are flat variables; so `has(customer.age)` becomes
the variable `has_customer.age_`, of the same length, so that places in messages stay right.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

_SKIP = "|".join(
    (
        r"[rRbB]{0,2}(?:'''(?:\\.|.)*?'''|\"\"\"(?:\\.|.)*?\"\"\")",
        r"(?:[bB]?[rR]|[rR][bB])(?:'[^']*'|\"[^\"]*\")",
        r"[bB]?(?:'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\")",
        r"//[^\n]*",
    )
)
"""Texts (triple, raw, plain) and comments."""
_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
_TOKENS = re.compile(
    rf"(?P<skip>{_SKIP})|(?P<has>(?<![\w.])has(?P<before>\s*\(\s*)(?P<fact>{_NAME})(?P<after>\s*\)))|(?P<name>(?<![\w.]){_NAME})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FlatExpression:
    """An expression with flat `has()`, and the facts that it asks for."""

    text: str
    asked: tuple[str, ...]


def has_name(fact: str) -> str:
    """The variable that says whether a fact is there; as long as `has(fact)`."""
    return f"has_{fact}_"


def flat_has(source: str, facts: Container[str]) -> FlatExpression:
    """Replaces `has(fact)` by its variable, outside of texts and comments; blanks inside go behind it."""
    asked: dict[str, None] = {}

    def replace(match: re.Match[str]) -> str:
        fact = match["fact"]
        if match["has"] is None or fact not in facts:
            return match[0]
        asked[fact] = None
        blanks = "".join(char for char in match["before"] + match["after"] if char.isspace())
        return has_name(fact) + blanks

    return FlatExpression(_TOKENS.sub(replace, source), tuple(asked))


def facts_used(source: str, facts: Container[str]) -> tuple[str, ...]:
    """The facts that an expression names, in order, each once."""
    used: dict[str, None] = {}
    for _, name in names(source):
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if (fact := ".".join(parts[:length])) in facts:
                used[fact] = None
                break
    return tuple(used)


def names(source: str) -> Iterator[tuple[int, str]]:
    """Every dotted name outside of texts and comments, with its offset."""
    for match in _TOKENS.finditer(source):
        if match["name"] is not None:
            yield match.start(), match["name"]
        elif match["has"] is not None:
            yield match.start("fact"), match["fact"]
