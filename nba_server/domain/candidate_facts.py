"""The pair facts of a decision's candidates: as columns for models, and one by one for whoever wants to read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from nba_server.domain.moment import Moment
from nba_server.domain.pair_columns import PAIR_FACTS, PairColumns, Values
from nba_server.domain.pair_facts import pair_facts
from nba_server.domain.profile import Scalar

Rows = npt.NDArray[np.intp]


class CandidateFacts(Sequence[Mapping[str, Scalar]]):
    """Facts of customer and action for the actions `rows` (catalogue indices), as far as they are among `reads`.

    `offers` has the facts of every action of the catalogue; it is the same object as long as the catalogue serves, so that what
    is worked out of it can be kept.
    """

    def __init__(
        self, moment: Moment, columns: PairColumns, actions: Sequence[int] | Rows, reads: frozenset[str]
    ) -> None:
        self._moment = moment
        self._columns = columns
        self._reads = reads
        self._facts: list[dict[str, Scalar]] | None = None
        self.offers: Sequence[Mapping[str, Scalar]] = moment.catalog.plan.offer_facts
        self.rows: Rows = np.asarray(actions, dtype=np.intp)

    def column(self, name: str) -> Values:
        """One number a row; NaN where the fact is missing, everywhere when it is not to be read."""
        if name not in PAIR_FACTS or name not in self._reads:
            return np.full(len(self.rows), np.nan)
        return self._columns.column(name)[self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Scalar]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Mapping[str, Scalar]]: ...
    def __getitem__(self, place: int | slice) -> Mapping[str, Scalar] | Sequence[Mapping[str, Scalar]]:
        return self._each()[place]

    def __iter__(self) -> Iterator[Mapping[str, Scalar]]:
        return iter(self._each())

    def _each(self) -> list[dict[str, Scalar]]:
        if self._facts is None:
            self._facts = pair_facts(self._moment, self.rows.tolist(), self._reads)
        return self._facts
