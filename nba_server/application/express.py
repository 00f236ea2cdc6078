"""Sends common decisions by the express lane, and checks some of them against the ordinary path while they are served.

A lane that fails costs nothing but time; one that is found to differ is taken out of service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from nba_server.application.batching import as_error
from nba_server.application.ordinary import OrdinaryPath
from nba_server.application.pace import Pace
from nba_server.application.ports import (
    Asked,
    DecisionCommit,
    DecisionWriter,
    ExpressCommit,
    ExpressCounts,
    ExpressDesk,
    ExpressLane,
    JournalEncoder,
    OptimisticCommit,
    Taken,
)
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import Decision, DecisionRequest
from nba_server.domain.propensity import Scorer

_META, _LEDGER, _SUPPRESSIONS, _ENTRY, _ANSWER = range(5)
_NAMES = {_META: "what the store checks", _LEDGER: "ledger", _SUPPRESSIONS: "suppressions", _ANSWER: "answer"}


class ExpressWatch(Protocol):
    """Is told how the lane does."""

    def failed(self, fault: Exception) -> None:
        """It raised something; the ordinary path decides."""

    def audited(self, decision_id: str, differences: Sequence[str]) -> None:
        """A decision was made both ways; `differences` names where they differ. Any ends the lane's service."""

    def decided(self, counts: ExpressCounts) -> None:
        """A batch of them was committed that nobody else sees one by one."""


@dataclass(frozen=True, slots=True)
class ExpressUse:
    """A lane and the terms of its service: the first decision by a catalogue and model is checked, and every `audit_every`-th.

    0: none is; pace.py keeps them apart by the `clock`. With a `desk` batches that nobody looks at stay in the lane from the
    commands to the answers.
    """

    lane: ExpressLane
    watch: ExpressWatch
    audit_every: int
    desk: ExpressDesk | None = None
    clock: Callable[[], float] = time.monotonic


class ExpressDecision(NamedTuple):
    """A decision of the lane's; the ordinary path makes the same again where somebody must look at it."""

    asked: Asked
    taken: Taken
    catalog: Catalog
    scorer: Scorer
    last: bool
    ordinary: OrdinaryPath
    lane: ExpressLane

    @property
    def model_version(self) -> str:
        """As in `Decision`."""
        return self.scorer.version

    def commit(self) -> ExpressCommit:
        """What is reserved and journaled of it."""
        asked, taken = self.asked, self.taken
        claim = asked.claim
        return ExpressCommit(
            claim.customer,
            asked.decision_id,
            claim.request_key,
            claim.anonymous,
            asked.attempt,
            taken.packed,
            taken.picks,
            self.checked,
        )

    def by(self, scorer: Scorer) -> Taken | None:
        """What the lane would make of it by another model; None as in `ExpressLane.take`. Raises `NbaError`."""
        try:
            return self.lane.take([self.asked], self.catalog, scorer)[0]
        except Exception as fault:
            raise as_error(fault) from fault

    def decision(self) -> Decision:
        """The same decision as the ordinary path makes it. Raises `NbaError`."""
        return self.ordinary.decision(self.asked, self.catalog, self.scorer)

    def usual(self, decision: Decision) -> OptimisticCommit | DecisionCommit:
        """Its commit as the ordinary path makes it."""
        return self.ordinary.commit(decision, self.asked, self.catalog, last=self.last)

    def checked(self) -> DecisionCommit:
        """Its commit with every limit counted again. Raises `NbaError`."""
        try:
            usual = self.usual(self.decision())
            return usual.checked() if isinstance(usual, OptimisticCommit) else usual
        except Exception as fault:
            raise as_error(fault) from fault


Made = Decision | ExpressDecision
"""A decision, whichever way it was made."""


def decision_of(made: Made) -> Decision:
    """The decision as the ordinary path makes it, at the price of making it where the lane did. Raises `NbaError`."""
    return made if isinstance(made, Decision) else made.decision()


class Express:
    """One a process: it is in service or not for all batches."""

    def __init__(
        self, use: ExpressUse, ordinary: OrdinaryPath, decisions: DecisionWriter, journal: JournalEncoder
    ) -> None:
        self._lane = use.lane
        self._watch = use.watch
        self._every = use.audit_every
        self._pace = Pace(use.audit_every, use.clock)
        self._ordinary = ordinary
        self._decisions = decisions
        self._journal = journal
        self._in_service = True
        self._left = 0
        """So many are let through until the next one that is checked."""
        self._catalog: Catalog | None = None
        self._versions: set[str] = set()

    def take(
        self, asked: Sequence[Asked], catalog: Catalog, scorer: Scorer, *, last: bool
    ) -> list[ExpressDecision | None]:
        """In order; None: for the ordinary path."""
        made: list[ExpressDecision | None] = [None] * len(asked)
        if not self._in_service or catalog.caps:
            return made
        plain = [place for place, one in enumerate(asked) if _plain(one.request)]
        if not plain:
            return made
        given = asked if len(plain) == len(asked) else [asked[place] for place in plain]
        try:
            for place, one, taken in zip(plain, given, self._lane.take(given, catalog, scorer), strict=True):
                if taken is not None:
                    made[place] = ExpressDecision(one, taken, catalog, scorer, last, self._ordinary, self._lane)
        except Exception as fault:
            self._watch.failed(fault)
            return [None] * len(asked)
        return made if self._hold(made, catalog, scorer) else [None] * len(asked)

    def lets_through(self, catalog: Catalog, scorer: Scorer, decisions: int) -> bool:
        """Whether the lane may make so many now that nobody checks; they are counted as made."""
        if not self._in_service or catalog.caps:
            return False
        if not self._every:
            return True
        if catalog is not self._catalog or scorer.version not in self._versions:
            return False
        if self._left < decisions and self._pace.ready():
            return False
        self._left = (self._left - decisions) % self._every
        return True

    def _hold(self, made: Sequence[ExpressDecision | None], catalog: Catalog, scorer: Scorer) -> bool:
        """Whether none of those whose turn it is differs from what the ordinary path makes."""
        taken = [one for one in made if one is not None]
        if not self._every or not taken:
            return True
        if self._is_first(catalog, scorer):
            self._left = 0
        for one in taken[self._left :: self._every]:
            self._pace.looked()
            differences = self._differences(one)
            self._watch.audited(one.asked.decision_id, differences)
            if differences:
                self._in_service = False
                return False
        self._left = (self._left - len(taken)) % self._every
        return True

    def _is_first(self, catalog: Catalog, scorer: Scorer) -> bool:
        if catalog is not self._catalog:
            self._catalog, self._versions = catalog, set()
        if scorer.version in self._versions:
            return False
        self._versions.add(scorer.version)
        return True

    def _differences(self, made: ExpressDecision) -> list[str]:
        """Where the lane's decision and the ordinary one differ, by the names of fields: never what is in them."""
        try:
            decision = made.decision()
            usual = made.usual(decision)
            if not isinstance(usual, OptimisticCommit):
                return ["the ordinary path counts every limit again"]
            return [*self._unlike(made.taken, usual), *_unlike_told(made.taken, decision)]
        except Exception as fault:
            return [f"cannot be compared: {type(fault).__name__}"]

    def _unlike(self, taken: Taken, usual: OptimisticCommit) -> list[str]:
        ours, theirs = taken.packed, self._decisions.packed(usual)
        found = [name for part, name in _NAMES.items() if ours[part] != theirs[part]]
        if ours[_ENTRY] != theirs[_ENTRY]:
            fields = self._journal.differences(theirs[_ENTRY], ours[_ENTRY])
            found += [f"entry: {words}" for words in fields] or ["entry: encoded differently"]
        return found if taken.picks == usual.picks else [*found, "picks"]


def _unlike_told(taken: Taken, decision: Decision) -> list[str]:
    if len(decision.funnels) != 1:
        return ["placements"]
    stages = np.bincount(decision.funnels[0].stage, minlength=len(taken.removed))
    chosen = tuple(decision.candidates[pick.candidate].action for pick in decision.picks if pick.position)
    found = [] if stages.tolist() == list(taken.removed) else ["removals"]
    return found if taken.actions in ((), chosen) else [*found, "actions"]


def _plain(request: DecisionRequest) -> bool:
    return not (request.preview or request.supersedes or request.planned_ms)
