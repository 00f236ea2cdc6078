"""Segments: CEL expressions over one customer, type-checked against the catalogue's schema.

They read what is known of the customer at that moment; there is no request and no action.
"""

from __future__ import annotations

from nba_server.adapters.catalog.expression_faults import ExpressionFault
from nba_server.adapters.catalog.expressions import Expression, ExpressionCompiler, Vocabulary
from nba_server.application.ports.listing import Segment
from nba_server.domain.catalog import Catalog
from nba_server.domain.rule import RuleScope
from nba_server.errors import InvalidArgument, Violation

NO_REQUEST = frozenset({"contact.channel_count_30d"})
_OUTSIDE = ("request.", "context.")


class Segments:
    """Compiles segments; the last catalogue's vocabulary is kept."""

    def __init__(self) -> None:
        self._hash: str | None = None
        self._compiler: ExpressionCompiler | None = None

    def __call__(self, expression: str, catalog: Catalog) -> Segment:
        """The segment. Raises `InvalidArgument` with all faults."""
        if self._compiler is None or self._hash != catalog.hash:
            self._hash, self._compiler = catalog.hash, ExpressionCompiler(_vocabulary(catalog))
        compiled = self._compiler.compile(expression)
        if not isinstance(compiled, Expression):
            raise InvalidArgument([Violation("segment", _said(fault, expression)) for fault in compiled])
        return Segment(compiled.reads, compiled.predicate)


def _vocabulary(catalog: Catalog) -> Vocabulary:
    every = Vocabulary.of(catalog.attributes, {}, {})
    names = [
        name
        for name, scope in every.scopes.items()
        if scope is RuleScope.CUSTOMER and name not in NO_REQUEST and not name.startswith(_OUTSIDE)
    ]
    return Vocabulary({name: every.types[name] for name in names}, {name: every.scopes[name] for name in names})


def _said(fault: ExpressionFault, expression: str) -> str:
    place = f" at character {fault.offset + 1}" if fault.offset or len(expression) > 1 else ""
    mend = f"; {fault.mend}" if fault.mend else ""
    return f"{fault.what}{place}{mend}"
