"""Amounts known by category, summed for actions that name several categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


class Categories:
    """Which categories each action has, to add up what is known by category."""

    def __init__(self, names: Sequence[tuple[str, ...] | None]) -> None:
        """`names`: the categories of each action, None for an action without."""
        self._order = {name: place for place, name in enumerate(dict.fromkeys(n for of in names for n in of or ()))}
        self.names = tuple(self._order)
        """All categories."""
        width = max((len(of) for of in names if of), default=0)
        self.places = np.full((len(names), width), len(self._order), dtype=np.intp)
        """(actions, most categories): places in `names`, and the one behind them where an action has fewer."""
        for action, of in enumerate(names):
            self.places[action, : len(of or ())] = [self._order[name] for name in of or ()]
        self.without = np.array([of is None for of in names], dtype=np.bool_)
        """Actions without categories."""

    def sums(self, amounts: Mapping[str, float]) -> Values:
        """The sum of each action's categories, added in their order; NaN for an action without."""
        known = np.zeros(len(self._order) + 1)
        for name, amount in amounts.items():
            place = self._order.get(name)
            if place is not None:
                known[place] = amount
        found = np.zeros(len(self.without))
        for column in self.places.T:
            found += known[column]
        found[self.without] = np.nan
        return found
