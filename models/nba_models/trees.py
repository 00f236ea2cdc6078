"""The trees of a LightGBM model, read from its text. What this reader does not know makes it give None, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_MISSING, ZERO_MISSING, NAN_MISSING = 0, 1, 2
_CATEGORICAL, _DEFAULT_LEFT = 1, 2


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree; lists have an entry a split. Leaves are numbered from left to right.

    `left_leaves`: the leaves under a split's left side, as bits. `codes`: the categories that go to the left, by split.
    `missing`: what counts as missing (nothing, zero, NaN), `default_left`: where that goes. `values` by leaf.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    missing: tuple[int, ...]
    default_left: tuple[bool, ...]
    codes: Mapping[int, frozenset[int]]
    left_leaves: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def leaves(self) -> int:
        """How many leaves there are."""
        return len(self.values)

    @property
    def numeric(self) -> list[int]:
        """Splits on numbers."""
        return [split for split in range(len(self.feature)) if split not in self.codes]

    @property
    def categorical(self) -> list[int]:
        """Splits on categories."""
        return sorted(self.codes)


def read_trees(model: str) -> tuple[Tree, ...] | None:
    """All trees in their order; None for a model of another kind (random forest, linear leaves, several classes) or form."""
    try:
        return _read(model)
    except (ValueError, KeyError, IndexError, OverflowError):
        return None


def _read(model: str) -> tuple[Tree, ...] | None:
    head, *blocks = model.split("\nTree=")
    settings = _fields(head)
    if settings.get("num_class") != "1" or settings.get("num_tree_per_iteration") != "1" or "average_output" in head:
        return None
    trees = []
    for block in blocks:
        fields = _fields(block.split("\nend of trees")[0])
        if fields.get("is_linear", "0") != "0":
            return None
        trees.append(_tree(fields))
    return tuple(trees)


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _tree(fields: Mapping[str, str]) -> Tree:
    values = [float(value) for value in fields["leaf_value"].split()]
    if len(values) == 1:
        return Tree((), (), (), (), {}, (), tuple(values))
    kinds = [int(kind) for kind in fields["decision_type"].split()]
    left, right = ([int(child) for child in fields[side].split()] for side in ("left_child", "right_child"))
    order: list[int] = []
    under = _number_leaves(left, right, order)
    threshold = [float(bound) for bound in fields["threshold"].split()]
    return Tree(
        feature=tuple(int(column) for column in fields["split_feature"].split()),
        threshold=tuple(threshold),
        missing=tuple(kind >> 2 & 3 for kind in kinds),
        default_left=tuple(bool(kind & _DEFAULT_LEFT) for kind in kinds),
        codes={n: _codes(fields, int(threshold[n])) for n, kind in enumerate(kinds) if kind & _CATEGORICAL},
        left_leaves=tuple(under),
        values=tuple(values[leaf] for leaf in order),
    )


def _number_leaves(left: list[int], right: list[int], order: list[int]) -> list[int]:
    """Fills `order` with the leaves from left to right; the bits of the leaves under each split's left side.

    Children below zero are leaves (~child). Deep trees must not end at Python's recursion limit.
    """
    under = [0] * len(left)
    todo: list[tuple[int, str, int]] = [(0, "enter", 0)]
    steps = 0
    while todo:
        node, step, since = todo.pop()
        steps += 1
        if steps > 4 * len(left) + 4:
            raise ValueError("a tree of the model has a circle")
        if node < 0:
            order.append(~node)
        elif step == "enter":
            todo.append((node, "between", len(order)))
            todo.append((left[node], "enter", 0))
        else:
            under[node] = (1 << len(order)) - (1 << since)
            todo.append((right[node], "enter", 0))
    return under


def _codes(fields: Mapping[str, str], which: int) -> frozenset[int]:
    bounds = [int(bound) for bound in fields["cat_boundaries"].split()]
    words = [int(word) for word in fields["cat_threshold"].split()]
    chosen = words[bounds[which] : bounds[which + 1]]
    return frozenset(32 * place + bit for place, word in enumerate(chosen) for bit in range(32) if word >> bit & 1)
