"""Conditions as trees that numpy runs over many rows at once: what a rule's expression means, in three-valued logic.

A value that is missing is NaN, and what is computed from it is an error: neither true nor false. `a && b` is false when one
side is, `a || b` true when one side is, whatever the other; that is how CEL does it. Knows no expression language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]

COMPARISONS: Mapping[str, Callable[[Values, Values], Truth]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
OPERATIONS: Mapping[str, Callable[[Values, Values], Values]] = {"+": np.add, "-": np.subtract, "*": np.multiply}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact by name: a number, a truth value (0 or 1), or a `text`, which is only compared for equality."""

    name: str
    text: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """Whether the list of texts of a fact holds a text; missing with the list."""

    fact: str
    item: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Combined:
    """A number computed of two numbers: `+`, `-` or `*`."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison; true or false only when both sides are there."""

    operator: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a fact is there."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Is:
    """A truth value as a condition."""

    term: Term


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Both:
    """`&&`."""

    left: Condition
    right: Condition


@dataclass(frozen=True, slots=True)
class Either:
    """`||`."""

    left: Condition
    right: Condition


Term: TypeAlias = Fact | Holds | Constant | Combined
Leaf: TypeAlias = Fact | Holds | Constant
Condition: TypeAlias = Compared | Known | Is | Not | Both | Either


def shape(node: Condition | Term) -> str:
    """The form of a tree without its names and literals: equal forms can be evaluated together."""
    match node:
        case Fact() | Holds() | Constant():
            return "_"
        case Combined(operator, left, right) | Compared(operator, left, right):
            return f"({shape(left)}{operator}{shape(right)})"
        case Known():
            return "has(_)"
        case Is(term):
            return f"is({shape(term)})"
        case Not(condition):
            return f"!({shape(condition)})"
        case Both(left, right):
            return f"({shape(left)}&&{shape(right)})"
        case Either(left, right):
            return f"({shape(left)}||{shape(right)})"


def leaves(node: Condition | Term) -> list[Leaf]:
    """Facts and literals from left to right; trees of equal shape have as many."""
    match node:
        case Fact() | Holds() | Constant():
            return [node]
        case Combined(_, left, right) | Compared(_, left, right) | Both(left, right) | Either(left, right):
            return leaves(left) + leaves(right)
        case Known(fact):
            return [fact]
        case Is(child) | Not(child):
            return leaves(child)


def holds(tree: Condition, values: list[Values]) -> Truth:
    """Where the condition is true. `values` has an array for each leaf of `leaves(tree)`; all broadcast together."""
    return _true(tree, iter(values).__next__)


def _true(node: Condition, following: Callable[[], Values]) -> Truth:
    """Where it is true, without asking whether it is false or an error elsewhere."""
    match node:
        case Both(left, right):
            first = _true(left, following)
            return np.asarray(first & _true(right, following))
        case Either(left, right):
            first = _true(left, following)
            return np.asarray(first | _true(right, following))
        case Compared("!=", left, right):
            one, other = _number(left, following), _number(right, following)
            return np.asarray((one != other) & ~np.isnan(one) & ~np.isnan(other))
        case Compared(operator, left, right):
            one = _number(left, following)
            return COMPARISONS[operator](one, _number(right, following))  # a comparison with NaN is false
        case Known():
            return np.asarray(~np.isnan(following()))
        case Is(term):
            return np.asarray(_number(term, following) == 1.0)
        case Not(condition):
            return _false(condition, following)


def _false(node: Condition, following: Callable[[], Values]) -> Truth:
    """Where it is false, which is not where it is not true."""
    match node:
        case Both(left, right):
            first = _false(left, following)
            return np.asarray(first | _false(right, following))
        case Either(left, right):
            first = _false(left, following)
            return np.asarray(first & _false(right, following))
        case Compared(operator, left, right):
            one, other = _number(left, following), _number(right, following)
            return np.asarray(~COMPARISONS[operator](one, other) & ~np.isnan(one) & ~np.isnan(other))
        case Known():
            return np.asarray(np.isnan(following()))
        case Is(term):
            return np.asarray(_number(term, following) == 0.0)
        case Not(condition):
            return _true(condition, following)


def _number(node: Term, following: Callable[[], Values]) -> Values:
    if isinstance(node, Combined):
        left = _number(node.left, following)
        return OPERATIONS[node.operator](left, _number(node.right, following))
    return following()
