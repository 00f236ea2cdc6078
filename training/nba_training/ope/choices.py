"""A log of choices that policies can be evaluated on: who could have got what, what was chosen with which chance, the reward.

One choice is one position of one placement of one decision. Where the log comes from is the readers' affair.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nba_models.features import FeatureLayout, RawTable
from nba_training.ope.log import Floats

Integers = npt.NDArray[np.int64]
NO_OFFER = ""
"""The name of the candidate "propose nothing"."""


_BY_ROW = (
    "candidates", "chosen", "pick_probability", "logged", "reward", "customer", "at_ms", "slate", "position", "prior",
    "evidence", "worth", "epsilon", "harm", "value",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CandidateFeatures:
    """Raw features of the candidates: `row` (n, k) names the row of `table`, -1 where there is none."""

    layout: FeatureLayout
    table: RawTable
    row: Integers


@dataclass(frozen=True, slots=True)
class Choices:
    """`n` choices over at most `k` candidates each, in time order within a decision.

    `candidates` (n, k) indexes `names`, -1 is padding. `chosen` (n,) is a column of it. `logged` (n, k) is the logging
    policy's chance of each candidate, NaN where nobody logged it; `pick_probability` (n,) that of the chosen one.
    `prior`, `evidence` and `worth` (n, k) are p0, SE and C x V x L of each candidate, for policies by priority; `epsilon`
    (n,) is how the placement explores. `harm` (n,), where it is known, is 1 for an opt-out or a complaint. `position` counts
    from 1 within its slate; `slate` (n,) names the slate. `value` (n, k), where it is known, is the V in `worth`.
    """

    names: tuple[str, ...]
    candidates: Integers
    chosen: Integers
    pick_probability: Floats
    logged: Floats
    reward: Floats
    customer: Integers
    at_ms: Integers
    slate: Integers
    position: Integers
    prior: Floats
    evidence: Floats
    worth: Floats
    epsilon: Floats
    features: CandidateFeatures
    groups: tuple[str, ...] = ()
    harm: Floats = field(default_factory=lambda: np.empty(0))
    value: Floats = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which cells hold a candidate, (n, k)."""
        return np.asarray(self.candidates >= 0)

    def later_than(self, at_ms: int) -> Choices:
        """Only the choices after a time."""
        kept = self.at_ms > at_ms
        arrays: dict[str, Any] = {name: value[kept] for name in _BY_ROW if len(value := getattr(self, name))}
        return replace(self, **arrays, features=replace(self.features, row=self.features.row[kept]))

    def column_of(self, name: str) -> Integers:
        """The column of an action in each choice, -1 where it was no candidate."""
        if name not in self.names:
            return np.full(len(self), -1, dtype=np.int64)
        found = self.candidates == self.names.index(name)
        return np.where(found.any(axis=1), found.argmax(axis=1), -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Choices that are in the log and not in `Choices`. `reasons` counts them; `substituted` are those that lost their race.

    Those stay in the denominator: `share` is their part of all choices that the policy made.
    """

    reasons: dict[str, int]
    substituted: int = 0
    kept: int = 0

    @property
    def share(self) -> float:
        """Substituted choices over all that could have been evaluated."""
        whole = self.kept + self.substituted
        return self.substituted / whole if whole else 0.0
