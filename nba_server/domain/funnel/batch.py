"""The decisions that are made together: what the stages work out for all of them at once.

One matrix has the stage that removed each action from each placement; the sites of the works are its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import overload

import numpy as np
import numpy.typing as npt

from nba_server.domain.catalog import Catalog
from nba_server.domain.funnel.work import Factors, Floats, Indices, Site, Work
from nba_server.domain.histories import Histories
from nba_server.domain.moment import Moment
from nba_server.domain.pair_columns import RECORDED, PairColumns, Values
from nba_server.domain.plan import Mask
from nba_server.domain.propensity import Scorer
from nba_server.domain.reasons import Stage
from nba_server.domain.request import DecisionInput


@dataclass(frozen=True, slots=True)
class Scored:
    """The rows that reach scoring, those of one work after those of another: whose they are, which action, and what weighs.

    `parts` has the rows of each work.
    """

    owners: Indices
    actions: Indices
    parts: list[slice]
    factors: Factors


class _Told:
    """The histories, read when they are first asked for. It knows no work: a work that knows it is free as soon as it is done."""

    def __init__(self, moments: Sequence[Moment], reads: frozenset[str]) -> None:
        self._moments = moments
        self._reads = reads

    @cached_property
    def histories(self) -> Histories:
        found = Histories(self._moments)
        found.tell(self._reads)
        return found

    def of(self, place: int, fact: str) -> Values:
        """A fact of one customer and every action."""
        return np.asarray(self.histories.by_action(fact)[place])


class Batch(Sequence[Work]):
    """Works by their place. `sites` are those of all works in order, `owners` has each site's work.

    `plain`: every work has one site, so that works and sites are the same rows. `learned_values`: rows whose value the
    model has learned.
    """

    def __init__(self, inputs: Sequence[DecisionInput], catalog: Catalog, scorer: Scorer) -> None:
        self.works = [Work(input_, catalog, scorer) for input_ in inputs]
        self.catalog = catalog
        self.plan = catalog.plan
        self.scorer = scorer
        self._told = _Told([work.moment for work in self.works], catalog.plan.rule_reads | scorer.reads)
        wanted = [work.placements() for work in self.works]
        self.stage: npt.NDArray[np.int8] = np.zeros((sum(map(len, wanted)), len(catalog.actions)), dtype=np.int8)
        rows = iter(self.stage)
        for place, (work, placements) in enumerate(zip(self.works, wanted, strict=True)):
            work.sites = [work.site(placement, next(rows)) for placement in placements]
            work.columns = PairColumns(work.moment, partial(self._told.of, place))
        self.sites: list[Site] = [site for work in self.works for site in work.sites]
        self.owners: npt.NDArray[np.intp] = np.repeat(np.arange(len(wanted)), [len(one) for one in wanted])
        self.plain = all(len(one) == 1 for one in wanted)
        self.learned_values: list[tuple[slice, Floats]] = []

    @overload
    def __getitem__(self, place: int) -> Work: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Work]: ...
    def __getitem__(self, place: int | slice) -> Work | Sequence[Work]:
        return self.works[place]

    def __len__(self) -> int:
        return len(self.works)

    def __iter__(self) -> Iterator[Work]:
        return iter(self.works)

    @cached_property
    def contact_ms(self) -> npt.NDArray[np.int64]:
        """When each work's contact will be made."""
        return np.array([work.contact_ms for work in self.works], dtype=np.int64)

    @property
    def histories(self) -> Histories:
        """What the ledgers tell. The moments know then what rules and model ask of them."""
        return self._told.histories

    def column(self, fact: str) -> Values:
        """A fact of customer and action, (works, actions), NaN where it is missing."""
        if fact in RECORDED:
            return self.histories.by_action(fact)
        return np.stack([work.columns.column(fact) for work in self.works])

    def remove(self, stage: Stage, removed: Mask) -> None:
        """Marks actions as removed, unless an earlier stage did; `removed` is (works, actions), or (actions) for all works."""
        chosen = removed if self.plain or removed.ndim == 1 else removed[self.owners]
        np.copyto(self.stage, stage, where=chosen & (self.stage == 0))

    @cached_property
    def scored(self) -> Scored:
        """The actions that reach scoring; fixed when first asked for, when the works are told too."""
        owners, actions = np.nonzero(self.alive)
        ends = np.cumsum(np.bincount(owners, minlength=len(self.works))).tolist()
        parts = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        found = Scored(owners, actions, parts, Factors.neutral(len(actions)))
        for work, part in zip(self.works, parts, strict=True):
            work.reach(actions[part], found.factors.part(part))
        return found

    @property
    def alive(self) -> Mask:
        """Actions that at least one placement can still show, (works, actions)."""
        alive = self.stage == 0
        if self.plain:
            return np.asarray(alive)
        found = np.zeros((len(self.works), alive.shape[1]), dtype=np.bool_)
        np.logical_or.at(found, self.owners, alive)
        return found
