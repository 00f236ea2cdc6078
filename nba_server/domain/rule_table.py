"""The rules of one stage as arrays: rules of equal form are evaluated together, for all requests of a batch.

Made once when the catalogue is built. Where a fact is not what its type promises the table gives up on that request, and the
rules' own predicates are asked; both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nba_server.domain.condition import Condition, Constant, Fact, Holds, Leaf, Truth, Values, holds, leaves, shape
from nba_server.domain.profile import Scalar
from nba_server.domain.rule import Rule, RuleScope

Indices = npt.NDArray[np.intp]
EXACT = float(2**53)
"""Integers beyond this are not exact as floating-point numbers."""
UNKNOWN_TEXT = -1.0
"""The code of a text that no rule and no action names; it equals no other."""

Columns = Callable[[str], Values]
"""A fact of customer and action by name: (requests, actions), NaN where it is missing."""


@dataclass(frozen=True, slots=True)
class _Shared:
    """A leaf that differs from request to request: places in the vector of shared facts, one a row."""

    places: Indices


@dataclass(frozen=True, slots=True)
class _Pair:
    """A leaf that differs from action to action: one fact, and each row's action."""

    fact: str
    actions: Indices


_Part = Values | _Shared | _Pair
"""A leaf of all rows: constants, or where to find it."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of one form. `layers` are pairs of rows and actions; no action is twice in one layer."""

    tree: Condition
    parts: tuple[_Part, ...]
    layers: tuple[tuple[Indices, Indices], ...]


class RuleTable:
    """The rules that have a `condition`. `offer_facts` has the facts of each action."""

    def __init__(self, rules: Sequence[Rule], offer_facts: Sequence[Mapping[str, Scalar]]) -> None:
        self._size = len(offer_facts)
        self._offer_facts = offer_facts
        self._shared: dict[Leaf, int] = {}
        self._texts: dict[str, float] = {}
        rows: dict[tuple[str, ...], list[tuple[Condition, list[Leaf], tuple[int, ...]]]] = {}
        for rule in rules:
            if rule.condition is None:
                continue
            found = leaves(rule.condition)
            bound = [(action,) for action in rule.actions] if rule.scope is RuleScope.PAIR else [rule.actions]
            key = (shape(rule.condition), *(self._kind(leaf) for leaf in found))
            rows.setdefault(key, []).extend((rule.condition, found, actions) for actions in bound)
        self._groups = tuple(self._group(members) for members in rows.values())
        self.facts = tuple(dict.fromkeys(leaf.name for leaf in self._shared if isinstance(leaf, Fact)))
        self.pair_facts = frozenset(part.fact for g in self._groups for part in g.parts if isinstance(part, _Pair))

    def __bool__(self) -> bool:
        return bool(self._groups)

    def vector(self, facts: Mapping[str, Scalar]) -> Values | None:
        """The shared facts of one request as the table reads them; None when one of them cannot be told exactly."""
        found = []
        for leaf in self._shared:  # in the order of their places
            value = facts.get(leaf.name) if isinstance(leaf, Fact) and not leaf.text else None
            if type(value) is not float or not -EXACT < value < EXACT:
                value = self._value(leaf, facts)
            if value is None:
                return None
            found.append(value)
        return np.array(found)

    def removed(self, vectors: Values, columns: Columns) -> Truth:
        """Which actions a rule removes, (requests, actions), for vectors of shape (requests, shared facts)."""
        found = np.zeros((len(vectors), self._size), dtype=np.bool_)
        for group in self._groups:
            values = [self._part(part, vectors, columns) for part in group.parts]
            fails = ~holds(group.tree, values)
            for rows, actions in group.layers:
                found[:, actions] |= fails[:, rows]
        return found

    def _part(self, part: _Part, vectors: Values, columns: Columns) -> Values:
        if isinstance(part, _Shared):
            return np.asarray(vectors[:, part.places])
        if isinstance(part, _Pair):
            return np.asarray(columns(part.fact)[:, part.actions])
        return part

    def _kind(self, leaf: Leaf) -> str:
        if isinstance(leaf, Constant):
            return "constant"
        if isinstance(leaf, Holds) or not leaf.name.startswith(("action.", "history.", "activity.category_")):
            return "shared"
        return "offer" if leaf.name.startswith("action.") else leaf.name

    def _group(self, members: Sequence[tuple[Condition, list[Leaf], tuple[int, ...]]]) -> _Group:
        tree, first, _ = members[0]
        parts = tuple(
            self._column([(found[place], actions) for _, found, actions in members]) for place in range(len(first))
        )
        layers: list[tuple[list[int], list[int]]] = []
        used: dict[int, int] = {}
        for row, (_, _, actions) in enumerate(members):
            for action in actions:
                depth = used.get(action, 0)
                used[action] = depth + 1
                if depth == len(layers):
                    layers.append(([], []))
                layers[depth][0].append(row)
                layers[depth][1].append(action)
        return _Group(tree, parts, tuple((np.array(rows, np.intp), np.array(of, np.intp)) for rows, of in layers))

    def _column(self, leaves_of: Sequence[tuple[Leaf, tuple[int, ...]]]) -> _Part:
        kind = self._kind(leaves_of[0][0])
        if kind == "constant":
            return np.array([[self._code(leaf.value) for leaf, _ in leaves_of if isinstance(leaf, Constant)]])
        if kind == "shared":
            places = [self._shared.setdefault(leaf, len(self._shared)) for leaf, _ in leaves_of]
            return _Shared(np.array(places, dtype=np.intp))
        if kind == "offer":
            facts = [(leaf.name, actions[0]) for leaf, actions in leaves_of if isinstance(leaf, Fact)]
            return np.array([[self._code(self._offer_facts[action].get(name)) for name, action in facts]])
        return _Pair(kind, np.array([actions[0] for _, actions in leaves_of], dtype=np.intp))

    def _code(self, value: Scalar | None) -> float:
        """A constant as a number; texts are numbered."""
        if value is None or isinstance(value, tuple):
            return np.nan
        return self._texts.setdefault(value, float(len(self._texts))) if isinstance(value, str) else float(value)

    def _value(self, leaf: Leaf, facts: Mapping[str, Scalar]) -> float | None:
        if isinstance(leaf, Holds):
            listed = facts.get(leaf.fact)
            if listed is None:
                return np.nan
            return float(leaf.item in listed) if isinstance(listed, tuple) else None
        value = facts.get(leaf.name) if isinstance(leaf, Fact) else None
        if value is None:
            return np.nan
        if isinstance(leaf, Fact) and leaf.text:
            return self._texts.get(value, UNKNOWN_TEXT) if isinstance(value, str) else None
        if isinstance(value, str | tuple) or not -EXACT < value < EXACT:
            return None
        return float(value)
