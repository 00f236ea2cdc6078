"""The working memory of one decision while the stages run over it.

The only mutable thing of the domain; it never leaves `decide()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nba_server.domain.action import Exploration
from nba_server.domain.catalog import Catalog
from nba_server.domain.consent import PROFILING, ConsentVerdict, verdict
from nba_server.domain.decided import Pick
from nba_server.domain.moment import Moment
from nba_server.domain.muting import up_to_date
from nba_server.domain.pair_columns import PairColumns
from nba_server.domain.pair_facts import pair_facts
from nba_server.domain.plan import Mask
from nba_server.domain.profile import Scalar
from nba_server.domain.propensity import FeatureColumns, Scorer
from nba_server.domain.quiet_hours import local_time
from nba_server.domain.reasons import Stage
from nba_server.domain.request import DecisionInput, PlacementRequest
from nba_server.domain.shared_facts import shared_facts
from nba_server.domain.superseding import state_for

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(slots=True)
class Site:
    """One placement being filled.

    `stage` is the stage that removed each action (0: none). `picks` index `rows`, which are rows of the scored case;
    `first` has each row's chance of the first position.
    """

    id: str
    slots: int
    width: int
    height: int
    exploration: Exploration
    stage: npt.NDArray[np.int8]
    rows: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    picks: list[Pick] = field(default_factory=list)

    def remove(self, stage: Stage, removed: Mask) -> None:
        """Marks actions as removed, unless an earlier stage did."""
        self.stage[removed & (self.stage == 0)] = stage


@dataclass(slots=True)
class Factors:
    """P, C, V and L by row of the scored case, their product and its logarithm. Ones until a stage sets them.

    `evidence` is the number of trials that the propensity weighs like, `trials` those of the action itself.
    """

    propensity: Floats
    context: Floats
    value: Floats
    lever: Floats
    priority: Floats
    log_priority: Floats
    evidence: Floats
    trials: Floats

    @classmethod
    def neutral(cls, rows: int) -> Factors:
        """Ones, to be filled in by scoring and arbitration."""
        return cls(*np.ones((5, rows)), *np.zeros((3, rows)))

    def part(self, rows: slice) -> Factors:
        """Some of the rows; what is written there is written here."""
        columns = (self.propensity, self.context, self.value, self.lever)
        rest = (self.priority, self.log_priority, self.evidence, self.trials)
        return Factors(*(column[rows] for column in (*columns, *rest)))


_NOBODY: Indices = np.empty(0, dtype=np.intp)
_NO_FACTORS = Factors.neutral(0)


class Work:
    """One decision in the making. `admitted` has limits by id, as far as they were judged for a whole batch.

    `scored` (and as an array `reached`) are the actions that reach scoring; `factors` has a row for each.
    """

    def __init__(self, input_: DecisionInput, catalog: Catalog, scorer: Scorer) -> None:
        request = input_.request
        self.input = input_
        self.catalog = catalog
        self.plan = catalog.plan
        self.scorer = scorer
        self.now_ms = input_.now_ms
        self.contact_ms = input_.contact_ms
        self.state = up_to_date(state_for(input_), catalog, input_.now_ms)
        self.channel = catalog.channels[request.channel]
        self.moment = Moment(self.state, request.channel, request.context, catalog, input_.now_ms)
        self.columns = PairColumns(self.moment)
        self.sites: list[Site] = []
        self.admitted: dict[str, bool] = {}
        self.features = FeatureColumns("")
        self.reached: Indices = _NOBODY
        self.scored: list[int] = []
        self.factors = _NO_FACTORS
        self.taken: set[int] = set()
        self.shadows: list[tuple[str, Mask]] = []
        self._pairs: dict[int, dict[str, Scalar]] = {}

    def placements(self) -> tuple[PlacementRequest, ...]:
        """Those of the request; where it names none, all of the channel."""
        request = self.input.request
        return request.placements or tuple(
            PlacementRequest(place.id) for place in self.catalog.placements.values() if place.channel == request.channel
        )

    def site(self, wanted: PlacementRequest, stage: npt.NDArray[np.int8]) -> Site:
        """A placement to fill; `stage` is its row of the batch."""
        place = self.catalog.placements[wanted.placement]
        return Site(
            id=place.id,
            slots=wanted.slots or place.slots,
            width=wanted.width or place.width,
            height=wanted.height or place.height,
            exploration=place.exploration,
            stage=stage,
        )

    @property
    def alive(self) -> Mask:
        """Actions that at least one placement can still show."""
        alive = np.zeros(len(self.catalog.actions), dtype=np.bool_)
        for site in self.sites:
            alive |= site.stage == 0
        return alive

    def remove(self, stage: Stage, removed: Mask) -> None:
        """Removes actions from every placement."""
        for site in self.sites:
            site.remove(stage, removed)

    @cached_property
    def rule_facts(self) -> Mapping[str, Scalar]:
        """The shared facts that the catalogue's rules read."""
        return shared_facts(self.moment, self.plan.rule_reads)

    def pair_rule_facts(self, action: int) -> Mapping[str, Scalar]:
        """The facts that the catalogue's rules read, for one action."""
        facts = self._pairs.get(action)
        if facts is None:
            facts = self._pairs[action] = {
                **self.rule_facts,
                **pair_facts(self.moment, (action,), self.plan.rule_reads)[0],
            }
        return facts

    @cached_property
    def customer_time(self) -> datetime:
        """The time on the customer's clock when the contact will be made."""
        return local_time(self.state.profile, self.catalog.customer_timezone, self.plan.zone, self.contact_ms)

    @cached_property
    def personal(self) -> bool:
        """Whether the model may see the person (consent to profiling)."""
        if not self.catalog.profiling_requires_consent:
            return True
        said = verdict(self.state.consents, self.channel.id, PROFILING, self.now_ms)
        return said is ConsentVerdict.GRANTED

    def reach(self, reached: Indices, factors: Factors) -> None:
        """Fixes the actions that reach scoring, in catalogue order, with their rows of the batch's factors."""
        self.reached, self.scored, self.factors = reached, reached.tolist(), factors
