"""Trees as bit masks: which leaves a feature's value leaves open, so that what candidates share is worked out once.

A split that sends a row to the right closes all leaves on its left; the row's leaf is the leftmost one that is still open after
all splits (the idea of QuickScorer, Lucchese et al., SIGIR 2015). Masks of different features are combined with `&`.
LightGBM stays the reference: sums are added in its order, so the results are the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nba_models.trees import NO_MISSING, ZERO_MISSING, Tree

Masks = npt.NDArray[np.unsignedinteger[Any]]
Floats = npt.NDArray[np.float64]
Truth = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

MOST_LEAVES = 64
_ROWS = 256
"""Rows that are added up at a time, so that their masks stay in the processor's cache."""
ZERO = 1e-35
"""What LightGBM takes for zero."""


@dataclass(frozen=True, slots=True)
class _Numeric:
    """Splits on numbers. `features` are columns of the values; `absent_right`: a missing value goes to the right."""

    features: Indices
    thresholds: Floats
    kinds: npt.NDArray[np.int8]
    absent_right: Truth

    def right(self, values: Floats) -> Truth:
        """(rows, splits): where the row goes to the right."""
        found = values[:, self.features]
        plain, zero = self.kinds == NO_MISSING, self.kinds == ZERO_MISSING
        if plain.any() or zero.any():
            found = np.where((plain | zero) & np.isnan(found), 0.0, found)
        absent = np.isnan(found)
        if zero.any():
            absent |= zero & (np.abs(found) <= ZERO)
        return np.where(absent, self.absent_right, found > self.thresholds)


@dataclass(frozen=True, slots=True)
class _Category:
    """Splits on categories. `left` (splits, codes): whether a code goes to the left; the last column is for all others."""

    features: Indices
    left: Truth

    def right(self, values: Floats) -> Truth:
        """(rows, splits): where the row goes to the right."""
        other = self.left.shape[1] - 1
        found = values[:, self.features]
        usable = (found > -1.0) & (found < other)  # false for NaN
        codes = np.where(usable, found, other).astype(np.intp)
        return ~self.left[np.arange(len(self.features)), codes]


@dataclass(frozen=True, slots=True)
class SplitTable:
    """Splits one by one. `columns` are those of the values, `closing` what stays open on the right; `left`
    as `_Category` has it.
    """

    columns: Indices
    trees: Indices
    thresholds: Floats
    kinds: npt.NDArray[np.int8]
    absent_right: Truth
    closing: npt.NDArray[np.uint64]
    code_columns: Indices
    code_trees: Indices
    code_closing: npt.NDArray[np.uint64]
    left: Truth


class Splits:
    """The splits on some of the features. Made by `LeafMasks.splits`."""

    def __init__(self, trees: Sequence[Tree], features: Sequence[int], full: Masks) -> None:
        self._full = full
        place = {feature: column for column, feature in enumerate(features)}
        numeric = [(t, n) for t, tree in enumerate(trees) for n in tree.numeric if tree.feature[n] in place]
        category = [(t, n) for t, tree in enumerate(trees) for n in tree.categorical if tree.feature[n] in place]
        self._numeric = _Numeric(
            np.array([place[trees[t].feature[n]] for t, n in numeric], dtype=np.intp),
            np.array([trees[t].threshold[n] for t, n in numeric]),
            np.array([trees[t].missing[n] for t, n in numeric], dtype=np.int8),
            np.array([not trees[t].default_left[n] for t, n in numeric], dtype=np.bool_),
        )
        self._category = _categories(trees, category, place)
        of_tree = np.array([t for t, _ in (*numeric, *category)], dtype=np.intp)
        closing = np.array([~np.uint64(trees[t].left_leaves[n]) for t, n in (*numeric, *category)], dtype=np.uint64)
        self._of_tree, self._all_closing = of_tree, closing
        self._order = np.argsort(of_tree, kind="stable")
        self._closing = closing.astype(full.dtype)[self._order]
        self._trees, self._starts = np.unique(of_tree[self._order], return_index=True)

    def table(self) -> SplitTable:
        """The splits, for whoever evaluates them otherwise."""
        numbers, codes, size = self._numeric, self._category, len(self._numeric.features)
        return SplitTable(
            columns=numbers.features,
            trees=self._of_tree[:size],
            thresholds=numbers.thresholds,
            kinds=numbers.kinds,
            absent_right=numbers.absent_right,
            closing=self._all_closing[:size],
            code_columns=codes.features,
            code_trees=self._of_tree[size:],
            code_closing=self._all_closing[size:],
            left=codes.left,
        )

    def masks(self, values: Floats) -> Masks:
        """(rows, trees): the leaves that values of shape (rows, features) leave open. Features are in the order asked for."""
        found = np.repeat(self._full[None, :], len(values), axis=0)
        if len(self._order) == 0:
            return found
        right = np.concatenate([self._numeric.right(values), self._category.right(values)], axis=1)[:, self._order]
        closed = np.where(right, self._closing, self._full.dtype.type(-1 & (2 ** (8 * self._full.itemsize) - 1)))
        found[:, self._trees] &= np.bitwise_and.reduceat(closed, self._starts, axis=1)
        return found


class LeafMasks:
    """The leaves of all trees."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self._trees = tuple(trees)
        most = max((tree.leaves for tree in trees), default=1)
        self._dtype: type[np.unsignedinteger[Any]] = np.uint32 if most <= 32 else np.uint64
        self._full: Masks = np.array([(1 << tree.leaves) - 1 for tree in trees], dtype=np.uint64).astype(self._dtype)
        self.values = np.zeros((len(trees), most))
        """What each leaf adds, (trees, leaves); none where a tree has fewer."""
        for row, tree in zip(self.values, trees, strict=True):
            row[: tree.leaves] = tree.values
        self._offsets = np.arange(len(trees), dtype=np.intp)[:, None] * most
        self._flat = self.values.ravel()
        wide = self._dtype is np.uint64
        self._powers: tuple[type, type, int, int] = (
            (np.float64, np.int64, 52, 1023) if wide else (np.float32, np.int32, 23, 127)
        )

    @property
    def full(self) -> Masks:
        """All leaves of each tree."""
        return self._full

    @staticmethod
    def fit(trees: Sequence[Tree]) -> bool:
        """Whether the trees are small enough."""
        return all(tree.leaves <= MOST_LEAVES for tree in trees)

    def splits(self, features: Sequence[int]) -> Splits:
        """The splits on these features (columns of the model's matrix)."""
        return Splits(self._trees, features, self._full)

    def raw(self, parts: Sequence[tuple[Masks, Indices]]) -> Floats:
        """The sum of the leaves' values of each row, added tree by tree.

        A part is masks of shape (cases, trees) and each row's case; a row's open leaves are those that all parts leave open.
        """
        size = len(parts[0][1])
        found = np.empty(size)
        for start in range(0, size, _ROWS):
            some = slice(start, min(start + _ROWS, size))
            (first, rows), *rest = parts
            masks = first.take(
                rows[some], axis=0, mode="clip"
            )  # places are right as they are made: no copy to check them
            for more, places in rest:
                masks &= more.take(places[some], axis=0, mode="clip")
            leaves = self._flat.take(self._leaves(masks), mode="clip")
            if leaves.shape[1] == 1:  # a single row would be added up in another order
                found[some] = np.add.accumulate(leaves[:, 0])[-1]
            else:
                np.add.reduce(leaves, axis=0, out=found[some])
        return found

    def _leaves(self, masks: Masks) -> Indices:
        """(trees, rows): the lowest bit of each mask as a place in the flat values. A power of two is told by its exponent."""
        number, integer, shift, bias = self._powers
        lowest = np.negative(masks)
        lowest &= masks
        exponent: npt.NDArray[np.signedinteger[Any]] = lowest.astype(number).view(integer)
        exponent >>= shift
        found = np.empty(masks.shape[::-1], dtype=np.intp)
        np.add(exponent.T, self._offsets - bias, out=found)
        return found


def _categories(trees: Sequence[Tree], nodes: Sequence[tuple[int, int]], place: dict[int, int]) -> _Category:
    known = [trees[t].codes[n] for t, n in nodes]
    size = max((max(codes, default=-1) for codes in known), default=-1) + 1
    left = np.zeros((len(nodes), size + 1), dtype=np.bool_)
    for row, codes in zip(left, known, strict=True):
        row[list(codes)] = True
    return _Category(np.array([place[trees[t].feature[n]] for t, n in nodes], dtype=np.intp), left)
