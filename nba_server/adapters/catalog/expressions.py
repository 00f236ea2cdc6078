"""CEL expressions of rules: type-checked against the vocabulary of facts, compiled to predicates.

Each fact is a flat, typed variable (`customer.age`), and only the facts that a rule uses are bound. It does not know the
catalogue's structure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cel_expr_python import cel

from nba_server.adapters.catalog.expression_faults import ExpressionFault, read_faults, wrong_type
from nba_server.adapters.catalog.expression_tokens import facts_used, flat_has, has_name
from nba_server.adapters.catalog.expression_tree import condition_of
from nba_server.adapters.catalog.predicate import CelPredicate
from nba_server.domain.catalog import FieldType
from nba_server.domain.condition import Condition
from nba_server.domain.facts import FACTS
from nba_server.domain.rule import RuleScope

_CEL_TYPES = {
    FieldType.STRING: cel.Type.STRING,
    FieldType.INTEGER: cel.Type.INT,
    FieldType.NUMBER: cel.Type.DOUBLE,
    FieldType.BOOLEAN: cel.Type.BOOL,
    FieldType.STRINGS: cel.Type.List(cel.Type.STRING),
    FieldType.TIME: cel.Type.TIMESTAMP,
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The facts that rules may read: type and scope by name. Of fixed facts and the catalogue's own."""

    types: Mapping[str, FieldType]
    scopes: Mapping[str, RuleScope]

    @classmethod
    def of(
        cls,
        attributes: Mapping[str, FieldType],
        context: Mapping[str, FieldType],
        action_attributes: Mapping[str, FieldType],
    ) -> Vocabulary:
        """The fixed facts plus `customer.<attribute>`, `context.<field>` and `action.<attribute>`."""
        types = {name: fact.type for name, fact in FACTS.items()}
        scopes = {name: fact.scope for name, fact in FACTS.items()}
        for prefix, fields, scope in (
            ("customer", attributes, RuleScope.CUSTOMER),
            ("context", context, RuleScope.CUSTOMER),
            ("action", action_attributes, RuleScope.OFFER),
        ):
            for name, type_ in fields.items():
                types.setdefault(f"{prefix}.{name}", type_)
                scopes.setdefault(f"{prefix}.{name}", scope)
        return cls(types, scopes)

    def scope_of(self, reads: tuple[str, ...]) -> RuleScope:
        """How often an expression that reads these facts must be evaluated."""
        scopes = {self.scopes[name] for name in reads}
        if RuleScope.PAIR in scopes or len(scopes) > 1:
            return RuleScope.PAIR
        return scopes.pop() if scopes else RuleScope.OFFER


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression of type bool. `asked`: the facts among `reads` whose presence it asks for with `has()`;
    `condition`: the same as a tree, where it is one of the everyday kind.
    """

    source: str
    reads: tuple[str, ...]
    scope: RuleScope
    predicate: CelPredicate
    asked: tuple[str, ...] = ()
    condition: Condition | None = None


class ExpressionCompiler:
    """Compiles expressions of one vocabulary; equal expressions are compiled once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        variables = {name: _CEL_TYPES[type_] for name, type_ in vocabulary.types.items()}
        self._env = cel.NewEnv(variables=variables | {has_name(name): cel.Type.BOOL for name in vocabulary.types})
        self._done: dict[str, Expression | tuple[ExpressionFault, ...]] = {}

    def compile(self, source: str) -> Expression | tuple[ExpressionFault, ...]:
        """The expression, or everything that is wrong with it."""
        result = self._done.get(source)
        if result is None:
            result = self._done[source] = self._compile(source)
        return result

    def _compile(self, source: str) -> Expression | tuple[ExpressionFault, ...]:
        types = self._vocabulary.types
        flat = flat_has(source, types)
        try:
            compiled = self._env.compile(flat.text)
        except RuntimeError as error:
            return read_faults(str(error), source, types)
        if compiled.return_type() != cel.Type.BOOL:
            return wrong_type(compiled.return_type().name())
        used = facts_used(flat.text, types)
        reads = tuple(sorted({*used, *flat.asked}))
        predicate = CelPredicate.of(compiled, {name: types[name] for name in used}, flat.asked)
        return Expression(
            source, reads, self._vocabulary.scope_of(reads), predicate, flat.asked, condition_of(source, types)
        )
