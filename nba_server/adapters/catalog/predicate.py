"""A compiled CEL expression as the domain's predicate: binds what it uses, never raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cel_expr_python import cel

from nba_server.adapters.catalog.expression_tokens import has_name
from nba_server.domain.catalog import FieldType
from nba_server.domain.profile import Scalar

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(value: Any) -> datetime:
    return _EPOCH + timedelta(milliseconds=value)


_BINDINGS: Mapping[FieldType, Callable[[Any], object]] = {FieldType.STRINGS: list, FieldType.TIME: _moment}
"""Types whose values the engine does not take as they are."""


@dataclass(frozen=True, slots=True)
class CelPredicate:
    """Evaluates one expression. `plain` are facts bound as they are, `turned` those that need a conversion, `asked` those
    whose presence is asked for, each with the variable that carries the answer.
    """

    expression: cel.Expression
    plain: tuple[str, ...]
    turned: tuple[tuple[str, Callable[[Any], object]], ...]
    asked: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, expression: cel.Expression, used: Mapping[str, FieldType], asked: Iterable[str]) -> CelPredicate:
        """For an expression that uses the facts `used` and asks with `has()` for the facts `asked`."""
        return cls(
            expression,
            tuple(name for name, type_ in used.items() if type_ not in _BINDINGS),
            tuple((name, _BINDINGS[type_]) for name, type_ in used.items() if type_ in _BINDINGS),
            tuple((name, has_name(name)) for name in asked),
        )

    def __call__(self, facts: Mapping[str, Scalar]) -> bool | None:
        """True or False; None when a needed fact is missing or the evaluation fails."""
        data: dict[str, Any] = {name: facts[name] for name in self.plain if name in facts}
        try:
            for name, turn in self.turned:
                if name in facts:
                    data[name] = turn(facts[name])
            for name, variable in self.asked:
                data[variable] = name in facts
            value = self.expression.eval(data=data).value()
        except (RuntimeError, TypeError, ValueError, OverflowError):
            return None
        return value if isinstance(value, bool) else None
