"""Facts of customer and action together as columns: one number an action of the catalogue, NaN where it is missing.

The same facts as pair_facts.py gives one by one; worked out from what occurs in the customer's history, not per action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from nba_server.domain.history import Record
from nba_server.domain.moment import Moment
from nba_server.domain.pair_facts import NOTHING, OF_ACTION_RECORD, OF_GROUP_RECORD, OfRecord
from nba_server.domain.profile import Scalar

Values = npt.NDArray[np.float64]

HOLDS_PRODUCT, CATEGORY_SPEND = "history.holds_product", "activity.category_spend"
RECORDED = frozenset({*OF_ACTION_RECORD, *OF_GROUP_RECORD})
"""The facts that the history tells."""
PAIR_FACTS = frozenset({*OF_ACTION_RECORD, *OF_GROUP_RECORD, HOLDS_PRODUCT, CATEGORY_SPEND})
"""The facts that have a column."""


class PairColumns:
    """The columns of one decision; each is computed when it is first asked for."""

    def __init__(self, moment: Moment, recorded: Callable[[str], Values] | None = None) -> None:
        """`recorded` gives the columns of the history, where they are worked out for a whole batch."""
        self._moment = moment
        self._recorded_facts = recorded
        self._found: dict[str, Values] = {}

    def column(self, name: str) -> Values:
        """The fact of every action, in catalogue order. Not to be changed. Raises `KeyError` for what is no pair fact."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._compute(name)
        return found

    def _compute(self, name: str) -> Values:
        plan, moment = self._moment.catalog.plan, self._moment
        if self._recorded_facts is not None and name in RECORDED:
            return self._recorded_facts(name)
        if name in OF_ACTION_RECORD:
            index = moment.catalog.index
            places = {index[of]: record for of, record in moment.history.by_action.items() if of in index}
            return self._recorded(OF_ACTION_RECORD[name], places)
        if name in OF_GROUP_RECORD:
            found = self._recorded(OF_GROUP_RECORD[name], {})
            for group, record in moment.history.by_group.items():
                if group in plan.groups:
                    found[plan.groups[group]] = _number(OF_GROUP_RECORD[name](moment, record))
            return found
        if name == HOLDS_PRODUCT:
            return self._held()
        if name == CATEGORY_SPEND:
            return plan.categories.sums(moment.state.activity.category_spend) * moment.decay
        raise KeyError(name)

    def _recorded(self, compute: OfRecord, places: Mapping[int, Record]) -> Values:
        never = _number(compute(self._moment, NOTHING))
        found = np.full(len(self._moment.catalog.actions), never)
        for place, record in places.items():
            found[place] = _number(compute(self._moment, record))
        return found

    def _held(self) -> Values:
        plan = self._moment.catalog.plan
        found = np.zeros(len(self._moment.catalog.actions))
        for product in self._moment.state.profile.products:
            if product in plan.products:
                found[plan.products[product]] = 1.0
        return found


def _number(value: Scalar | None) -> float:
    return np.nan if value is None else float(value)  # type: ignore[arg-type]  # the facts of records are numbers
