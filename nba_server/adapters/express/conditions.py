"""Rules as the steps of a small stack machine: what the compiled part evaluates instead of domain/condition.py's trees.

The numbers of operations, sources and pair facts are those of source/tables.h.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

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
from nba_server.domain.profile import Scalar
from nba_server.domain.rule import Rule

SOURCES = {
    "request.channel": 1,
    "request.hour": 2,
    "request.weekday": 3,
    "request.month": 4,
    "now": 5,
    "customer.known": 6,
    "customer.segments": 7,
    "customer.products": 8,
    "contact.count_7d": 9,
    "contact.count_30d": 10,
    "contact.count_90d": 11,
    "contact.channel_count_30d": 12,
    "contact.days_since_last": 13,
    "contact.positives_90d": 14,
    "activity.purchases": 15,
    "activity.days_since_purchase": 16,
    "activity.spend": 17,
    "activity.baskets": 18,
    "contact.no_response_streak": 19,
}
ATTRIBUTE, CONTEXT = 0, 20
"""Facts that customer and request have in common with all actions, by where they come from."""
PAIR_FACTS = {
    "history.presented_30d": 0,
    "history.presented_365d": 1,
    "history.days_since_presented": 2,
    "history.rejected_90d": 3,
    "history.positives_365d": 4,
    "history.group_presented_90d": 5,
    "history.group_positives_365d": 6,
    "history.holds_product": 7,
    "activity.category_spend": 8,
}
_OFFER, _CUSTOMER, _CONTEXT = "action.", "customer.", "context."
_OPERATIONS = {"+": 4, "-": 5, "*": 6, "<": 7, "<=": 8, ">": 9, ">=": 10, "==": 11, "!=": 12}
_CONSTANT, _SHARED, _OF_OFFER, _PAIR, _KNOWN, _IS, _NOT, _BOTH, _EITHER = 0, 1, 2, 3, 13, 14, 15, 16, 17
_NUMBER, _CODE, _HOLDS = 0, 1, 2


class Unsupported(Exception):
    """What the lane does not know of a catalogue or a model, in a few words: the Python path decides for it."""


@dataclass(slots=True)
class Names:
    """Texts, numbers and facts that the steps refer to by their places; grown while rules are read."""

    offer_facts: Sequence[Mapping[str, Scalar]]
    facts: dict[str, int] = field(default_factory=dict)
    leaves: dict[tuple[int, int, str], int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    constants: dict[float, int] = field(default_factory=dict)
    offer_columns: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    pair_facts: dict[str, int] = field(default_factory=dict)

    def fact(self, name: str) -> int:
        """The place of a shared fact. Raises `Unsupported`."""
        if name not in self.facts:
            source_of(name)
            self.facts[name] = len(self.facts)
        return self.facts[name]

    def pair(self, name: str) -> int:
        """The place of a fact of customer and action. Raises `Unsupported`."""
        if name not in PAIR_FACTS:
            raise Unsupported(f"the fact {name}")
        return self.pair_facts.setdefault(name, len(self.pair_facts))

    def code(self, value: Scalar | None) -> float:
        """A value of an offer or a literal as a number; texts are numbered, as in domain/rule_table.py."""
        if value is None or isinstance(value, tuple):
            return np.nan
        return float(self.texts.setdefault(value, len(self.texts))) if isinstance(value, str) else float(value)

    def steps(self, node: Condition | Term) -> list[int]:
        """A condition in postfix form: pairs of operation and operand. Raises `Unsupported`."""
        match node:
            case Constant(value):
                return [_CONSTANT, self.constants.setdefault(self.code(value), len(self.constants))]
            case Holds(fact, item):
                return [_SHARED, self._leaf(_HOLDS, fact, item)]
            case Fact(name, text):
                return self._fact(name, _CODE if text else _NUMBER)
            case Combined(operator, left, right) | Compared(operator, left, right):
                return [*self.steps(left), *self.steps(right), _OPERATIONS[operator], 0]
            case Known(fact):
                return [*self.steps(fact), _KNOWN, 0]
            case Is(child):
                return [*self.steps(child), _IS, 0]
            case Not(child):
                return [*self.steps(child), _NOT, 0]
            case Both(left, right):
                return [*self.steps(left), *self.steps(right), _BOTH, 0]
            case Either(left, right):
                return [*self.steps(left), *self.steps(right), _EITHER, 0]

    def _fact(self, name: str, kind: int) -> list[int]:
        if name.startswith(_OFFER):
            if name not in self.offer_columns:
                self.offer_columns[name] = np.array([self.code(offer.get(name)) for offer in self.offer_facts])
            return [_OF_OFFER, list(self.offer_columns).index(name)]
        if name.startswith(("history.", "activity.category_")):
            return [_PAIR, self.pair(name)]
        return [_SHARED, self._leaf(kind, name, "")]

    def _leaf(self, kind: int, fact: str, item: str) -> int:
        return self.leaves.setdefault((kind, self.fact(fact), item), len(self.leaves))


def source_of(name: str) -> tuple[int, str]:
    """Where a shared fact comes from, and the name of the attribute or the field of the live context. Raises `Unsupported`."""
    if name in SOURCES:
        return SOURCES[name], ""
    if name.startswith(_CUSTOMER):
        return ATTRIBUTE, name.removeprefix(_CUSTOMER)
    if name.startswith(_CONTEXT):
        return CONTEXT, name.removeprefix(_CONTEXT)
    raise Unsupported(f"the fact {name}")


def compiled_rules(rules: Sequence[Rule], names: Names) -> list[dict[str, bytes]]:
    """The rules' conditions, equal ones once, with all actions that they bind. Raises `Unsupported`."""
    bound: dict[tuple[int, ...], list[int]] = {}
    for rule in rules:
        if rule.condition is None:
            raise Unsupported(f"the rule {rule.id}, which is no plain condition")
        bound.setdefault(tuple(names.steps(rule.condition)), []).extend(rule.actions)
    return [
        {"steps": np.array(steps, dtype=np.int32).tobytes(), "actions": np.array(of, dtype=np.int32).tobytes()}
        for steps, of in bound.items()
    ]
