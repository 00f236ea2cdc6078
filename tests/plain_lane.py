"""An express lane without any haste: it makes what it takes as the ordinary path does, so that all around it can be tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nba_server.application.ordinary import OrdinaryPath
from nba_server.application.ports import (
    AnswerEncoder,
    Asked,
    CustomerReader,
    DecisionWriter,
    ExpressCounts,
    JournalEncoder,
    OptimisticCommit,
    Taken,
)
from nba_server.application.reservation import Reservation
from nba_server.domain.catalog import Catalog
from nba_server.domain.propensity import Scorer


@dataclass
class PlainLane:
    """Takes what has something to offer in one placement. `spoiled` changes what it made; `broken` makes it raise;
    without `tells` it does not tell what was chosen."""

    reader: CustomerReader
    writer: DecisionWriter
    answers: AnswerEncoder
    journal: JournalEncoder
    takes: Callable[[Asked], bool] = lambda asked: True
    spoiled: Callable[[Taken], Taken] = lambda taken: taken
    broken: bool = False
    tells: bool = True
    batches: list[tuple[str, list[Asked]]] = field(default_factory=list)
    tables: list[tuple[str, str]] = field(default_factory=list)

    def take(self, asked: Sequence[Asked], catalog: Catalog, scorer: Scorer) -> list[Taken | None]:
        """In order."""
        self.batches.append((scorer.version, list(asked)))
        if self.broken:
            raise ZeroDivisionError("a lane fell over")
        return [self._taken(one, catalog, scorer) if self.takes(one) else None for one in asked]

    def ready(self, catalog: Catalog, scorer: Scorer) -> None:
        """Notes it."""
        self.tables.append((catalog.hash, scorer.version))
        if self.broken:
            raise ZeroDivisionError("a lane fell over")

    def _taken(self, asked: Asked, catalog: Catalog, scorer: Scorer) -> Taken | None:
        path = OrdinaryPath(self.reader, Reservation(self.answers, self.journal))
        decision = path.decision(asked, catalog, scorer)
        commit = path.commit(decision, asked, catalog, last=False)
        if len(decision.funnels) != 1 or not isinstance(commit, OptimisticCommit) or not commit.picks:
            return None
        removed = np.bincount(decision.funnels[0].stage).tolist()
        chosen = tuple(decision.candidates[decision.picks[pick].candidate].action for pick in commit.picks)
        return self.spoiled(Taken(self.writer.packed(commit), commit.picks, removed, chosen if self.tells else ()))


@dataclass
class PlainWatch:
    """Notes what it is told."""

    faults: list[Exception] = field(default_factory=list)
    audits: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    counts: list[ExpressCounts] = field(default_factory=list)

    def failed(self, fault: Exception) -> None:
        """One more."""
        self.faults.append(fault)

    def audited(self, decision_id: str, differences: Sequence[str]) -> None:
        """One more."""
        self.audits.append((decision_id, tuple(differences)))

    def decided(self, counts: ExpressCounts) -> None:
        """One more batch."""
        self.counts.append(counts)
