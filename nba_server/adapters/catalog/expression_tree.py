"""The everyday part of CEL as the domain's conditions: comparisons, `&&`, `||`, `!`, `has()`, `in`, sums of numbers.

What lies outside of it gives None, and is evaluated by the CEL engine instead; what lies inside means the same. The source
has been type-checked by the engine before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from nba_server.domain.catalog import FieldType
from nba_server.domain.condition import (
    Both,
    Combined,
    Compared,
    Condition,
    Constant,
    Either,
    Fact,
    Holds,
    Is,
    Known,
    Not,
    Term,
)

EXACT = 2**53
"""Integers up to here are exact as floating-point numbers."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+)(?![\w.])"
    r"|(?P<text>'[^'\\\n]*'|\"[^\"\\\n]*\")"
    r"|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<mark>&&|\|\||[<>=!]=|[-+*<>!()\[\],]))"
)
_NUMBERS = (FieldType.INTEGER, FieldType.NUMBER)
OFFER = "action."
"""Facts that are known when the catalogue loads."""
_TRUTHS = {"true": True, "false": False}
_ORDER = ("<", "<=", ">", ">=")


def condition_of(source: str, types: Mapping[str, FieldType]) -> Condition | None:
    """The condition that an expression states over facts of these types; None when it says more than this part can."""
    try:
        return _Parser(source, types).whole()
    except _Beyond:
        return None


class _Beyond(Exception):
    """The expression leaves the part of the language that is known here."""


class _Parser:
    def __init__(self, source: str, types: Mapping[str, FieldType]) -> None:
        self._tokens = _tokens(source)
        self._place = 0
        self._types = types

    def whole(self) -> Condition:
        found = self._either()
        self._expect("")
        return found

    def _either(self) -> Condition:
        found = self._both()
        while self._take("||"):
            found = Either(found, self._both())
        return found

    def _both(self) -> Condition:
        found = self._compared()
        while self._take("&&"):
            found = Both(found, self._compared())
        return found

    def _compared(self) -> Condition:
        if self._take("!"):
            return Not(self._single())
        if self._peek == "(" or self._peek == "has":
            return self._single()
        left = self._sum()
        if self._take("in"):
            return self._in(left)
        for operator in ("==", "!=", *_ORDER):
            if self._take(operator):
                return self._comparison(operator, left, self._sum())
        return self._truth(left)

    def _single(self) -> Condition:
        """What may stand behind `!`: a bracket, `has()`, a truth value."""
        if self._take("("):
            found = self._either()
            self._expect(")")
            self._ends()
            return found
        if self._take("has"):
            self._expect("(")
            name = self._next()
            self._expect(")")
            if name not in self._types or self._types[name] is FieldType.STRINGS:
                raise _Beyond
            return Known(self._fact(name))
        return self._truth(self._leaf())

    def _ends(self) -> None:
        """A bracket must hold a whole condition: as the side of a comparison it is left to the engine."""
        if self._peek not in ("", ")", "&&", "||"):
            raise _Beyond

    def _in(self, left: Term) -> Condition:
        if self._take("["):
            found: Condition | None = None
            while not self._take("]"):
                one = self._comparison("==", left, self._leaf())
                found = one if found is None else Either(found, one)
                if self._peek != "]":
                    self._expect(",")
            if found is None:
                raise _Beyond
            return found
        name = self._next()
        if self._types.get(name) is not FieldType.STRINGS or not isinstance(left, Constant) or name.startswith(OFFER):
            raise _Beyond
        return Is(Holds(name, str(left.value)))

    def _comparison(self, operator: str, left: Term, right: Term) -> Condition:
        kinds = {self._kind(left), self._kind(right)}
        ordered = operator in _ORDER
        if all(isinstance(side, Fact) and side.text and not side.name.startswith(OFFER) for side in (left, right)):
            raise _Beyond  # texts that the catalogue does not name have no number of their own
        if kinds <= set(_NUMBERS) or (len(kinds) == 1 and not ordered and not isinstance(left, Combined)):
            return Compared(operator, left, right)
        raise _Beyond

    def _truth(self, term: Term) -> Condition:
        if self._kind(term) is not FieldType.BOOLEAN or self._peek not in ("", ")", "&&", "||"):
            raise _Beyond
        return Is(term)

    def _sum(self) -> Term:
        found = self._product()
        while self._peek in ("+", "-"):
            found = self._combined(self._next(), found, self._product())
        return found

    def _product(self) -> Term:
        found: Term = self._leaf()
        while self._take("*"):
            found = self._combined("*", found, self._leaf())
        return found

    def _combined(self, operator: str, left: Term, right: Term) -> Term:
        """Of floating-point numbers only: sums of integers overflow in CEL, and here they would not."""
        if self._kind(left) is not FieldType.NUMBER or self._kind(right) is not FieldType.NUMBER:
            raise _Beyond
        return Combined(operator, left, right)

    def _leaf(self) -> Fact | Constant:
        sign = -1 if self._take("-") else 1
        token = self._next()
        if token[:1].isdigit():
            value = float(token)
            if "." not in token and value > EXACT:
                raise _Beyond
            return Constant(sign * (value if "." in token else int(token)))
        if sign < 0:
            raise _Beyond
        if token[:1] in ("'", '"'):
            return Constant(token[1:-1])
        if token in _TRUTHS:
            return Constant(_TRUTHS[token])
        if token in self._types:
            return self._fact(token)
        raise _Beyond

    def _fact(self, name: str) -> Fact:
        return Fact(name, self._types[name] is FieldType.STRING)

    def _kind(self, term: Term) -> FieldType:
        match term:
            case Fact(name, _):
                kind = self._types[name]
                if kind in (FieldType.STRINGS, FieldType.TIME):
                    raise _Beyond
                return kind
            case Constant(bool()) | Holds():
                return FieldType.BOOLEAN
            case Constant(str()):
                return FieldType.STRING
            case Constant(int()):
                return FieldType.INTEGER
        return FieldType.NUMBER

    @property
    def _peek(self) -> str:
        return self._tokens[self._place]

    def _next(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]

    def _take(self, token: str) -> bool:
        if self._tokens[self._place] != token:
            return False
        self._place += 1
        return True

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _Beyond


def _tokens(source: str) -> list[str]:
    """The tokens, and an empty one at the end."""
    tokens, place, end = [], 0, len(source.rstrip())
    while place < end:
        match = _TOKEN.match(source, place)
        if match is None:
            raise _Beyond
        tokens.append(match[match.lastgroup or 0])
        place = match.end()
    return [*tokens, "", ""]
