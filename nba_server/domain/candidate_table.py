"""The candidates of a decision as columns; one is made a record when it is asked for.

There are far more candidates than picks, and most of them are only written to the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that passed the funnel for one placement. `action` and `treatment` are catalogue indices.

    `row` is its row in the scored case (an action in two placements is scored once). `pick_probability` is the chance
    of the first position under the serving policy. `evidence` and `trials` are what its exploration leaned on; 0 where it did
    not.
    """

    placement: str
    action: int
    treatment: int
    row: int
    propensity: float
    context_weight: float
    value: float
    lever: float
    priority: float
    pick_probability: float
    evidence: float = 0.0
    trials: float = 0.0


NUMBERS = 8
"""Columns of `CandidateTable.numbers`: the fields of a candidate from `propensity` on."""


class CandidateTable(Sequence[Candidate]):
    """Candidates by position. `numbers` is float64 (candidates, 8); the other columns are lists of the same length."""

    def __init__(
        self,
        placements: list[str],
        actions: list[int],
        treatments: list[int],
        rows: list[int],
        numbers: Floats,
    ) -> None:
        self.placements = placements
        self.actions = actions
        self.treatments = treatments
        self.rows = rows
        self.numbers = numbers
        self._made: dict[int, Candidate] = {}

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> CandidateTable:
        """The columns of records."""
        numbers = np.array([[getattr(one, name) for name in Candidate.__slots__[4:]] for one in candidates])
        return cls(
            [one.placement for one in candidates],
            [one.action for one in candidates],
            [one.treatment for one in candidates],
            [one.row for one in candidates],
            numbers.reshape(len(candidates), NUMBERS),
        )

    @classmethod
    def joined(cls, parts: Sequence[CandidateTable]) -> CandidateTable:
        """The candidates of several placements, one after the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            [name for part in parts for name in part.placements],
            [action for part in parts for action in part.actions],
            [treatment for part in parts for treatment in part.treatments],
            [row for part in parts for row in part.rows],
            np.concatenate([part.numbers for part in parts]) if parts else np.empty((0, NUMBERS)),
        )

    def __len__(self) -> int:
        return len(self.actions)

    @overload
    def __getitem__(self, place: int) -> Candidate: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, place: int | slice) -> Candidate | Sequence[Candidate]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        found = self._made.get(place)
        if found is None:
            found = self._made[place] = self._make(place)
        return found

    def _make(self, place: int) -> Candidate:
        names = (self.placements[place], self.actions[place], self.treatments[place], self.rows[place])
        return Candidate(*names, *self.numbers[place].tolist())

    def __iter__(self) -> Iterator[Candidate]:
        columns = zip(self.placements, self.actions, self.treatments, self.rows, self.numbers.tolist(), strict=True)
        return (Candidate(*one, *numbers) for *one, numbers in columns)  # type: ignore[arg-type]  # mypy joins the types

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
