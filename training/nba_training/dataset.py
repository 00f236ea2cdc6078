"""The rows of one training run in memory, as columns that can be cut by index.

Raw values only; what a model sees of them is the shared encoder's work.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from nba_models.features import FeatureLayout, Floats, RawTable, project
from nba_models.scorer import Background

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled contacts, one row each, in time order.

    `table` is in `layout`, which has all features of the models that are compared. `customer` are 63 bits of the keyed
    reference. `known_ms` is when the label was known for good. `pick_probability` is NaN where nobody logged it. `value` is the
    money that came of it; empty where nobody asks.
    """

    layout: FeatureLayout
    table: RawTable
    at_ms: Integers
    known_ms: Integers
    customer: Integers
    positive: npt.NDArray[np.bool_]
    prior: Floats
    evidence: Floats
    pick_probability: Floats
    actions: tuple[str, ...]
    groups: tuple[str, ...]
    channels: tuple[str, ...]
    value: Floats = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.at_ms)

    @property
    def background(self) -> Background:
        """What is known of the rows' actions without a model."""
        return Background(self.actions, self.groups, self.prior, self.evidence)

    def columns(self, layout: FeatureLayout) -> RawTable:
        """The raw values in another layout."""
        return project(self.table, self.layout, layout)

    def take(self, rows: Integers) -> Dataset:
        """These rows, in the order of the indices."""
        places = rows.tolist()
        return Dataset(
            self.layout,
            RawTable(
                self.table.numbers[rows], tuple([column[place] for place in places] for column in self.table.texts)
            ),
            self.at_ms[rows],
            self.known_ms[rows],
            self.customer[rows],
            self.positive[rows],
            self.prior[rows],
            self.evidence[rows],
            self.pick_probability[rows],
            tuple(self.actions[place] for place in places),
            tuple(self.groups[place] for place in places),
            tuple(self.channels[place] for place in places),
            self.value[rows] if len(self.value) else self.value,
        )


def in_time_order(dataset: Dataset) -> Dataset:
    """The rows by time; rows of one time by customer and action, so that the order does not depend on the archive's."""
    names = np.array(dataset.actions, dtype=np.str_)
    return dataset.take(np.lexsort((names, dataset.customer, dataset.at_ms)).astype(np.int64))
