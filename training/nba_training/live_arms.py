"""The live comparison of a rollout: what each model's decisions earned and harmed, from the archive, customer by customer.

Customers are in an arm by a stable hash, so the difference is the models' doing; the journal names each decision's arm, so that
one by a process that had not loaded the challenger counts for neither. Answers count once their window is closed, harm at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nba_models.definition import Label
from nba_server.adapters.journal_entry import candidates_of
from nba_server.domain.catalog import Catalog
from nba_server.domain.outcome import standing
from nba_server.domain.rollout import Rollout
from nba_server.pb import journal_pb2
from nba_training.labels import Exposure, Labelled, label
from nba_training.logs.archive import HARMS
from nba_training.ope.estimators import Terms
from nba_training.ope.influence import influence
from nba_training.ope.intervals import Estimate
from nba_training.outcomes import FIRST_PASS, OutcomeBook
from nba_training.sample import CustomerSample
from nba_training.source import Entry, EntrySource, References

_OUTCOMES = 4_000_000


@dataclass(frozen=True, slots=True)
class Arm:
    """One model's decisions: mature ones with what they earned, all with whether they did harm; one entry a customer."""

    decisions: int
    customers: int
    reward: Terms
    harm: Terms

    def gap(self, other: Arm, what: str, level: float = 0.95) -> Estimate:
        """The difference to another arm with its interval; the arms have different customers."""
        mine, theirs = (getattr(arm, what) for arm in (self, other))
        if not (mine.denominator.sum() > 0 and theirs.denominator.sum() > 0):
            return Estimate(float("nan"), float("-inf"), float("inf"))
        nobody = np.empty(0, dtype=np.int64)
        first, second = influence(mine, nobody, level=level), influence(theirs, nobody, level=level)
        reach = float(np.hypot(first.high - first.value, second.high - second.value))
        value = first.value - second.value
        return Estimate(value, value - reach, value + reach)


class LiveArms:
    """Sums by arm and customer, of the decisions since a rollout's stage began.

    Decisions in shadow, and those of servers that did not journal arms, are told apart by their model alone; what has an arm
    decides, as soon as there is any. With `money` they earn the money of conversions, else list prices of positive answers.
    """

    def __init__(
        self, references: References, rules: Label, as_of_ms: int, rollout: Rollout, *, money: bool = False
    ) -> None:
        self._references = references
        self._rules = rules
        self._as_of_ms = as_of_ms
        self._rollout = rollout
        self._money = money
        self._sums: dict[tuple[bool, bool], dict[str, list[float]]] = {}

    def collect(self, source: EntrySource) -> None:
        """Two passes, outcomes first."""
        since_ms = self._rollout.since_ms
        outcomes = OutcomeBook(CustomerSample(), _OUTCOMES)
        outcomes.collect(source.entries(FIRST_PASS, since_ms))
        self._decisions(source.entries({"decision"}, since_ms), outcomes)

    def arm(self, *, challenged: bool) -> Arm:
        """The challenger's arm, or that of the model that is live."""
        journaled = any((True, side) in self._sums for side in (True, False))
        rows = np.array(list(self._sums.get((journaled, challenged), {}).values())).reshape(-1, 4)
        mature, reward, made, harm = rows.T
        return Arm(int(mature.sum()), len(rows), Terms(reward, mature), Terms(harm, made))

    def _decisions(self, entries: Iterable[Entry], outcomes: OutcomeBook) -> None:
        for item in entries:
            entry = item.entry.decision
            catalog = self._references.catalog(entry.catalog_hash)
            side = self._side(entry)
            if entry.anonymous or catalog is None or not entry.picks or side is None:
                continue
            sums = self._sums.setdefault(side, {}).setdefault(outcomes.person(entry.customer_ref), [0.0] * 4)
            reward, harm, mature = self._found(item, entry, catalog, outcomes)
            sums[2] += 1
            sums[3] += harm
            if mature:
                sums[0] += 1
                sums[1] += reward

    def _side(self, entry: journal_pb2.DecisionEntry) -> tuple[bool, bool] | None:
        """(whether the journal says so, whether the challenger decided); None for decisions outside of this stage."""
        rollout = self._rollout
        if entry.HasField("arm"):
            here = (entry.arm.challenger, entry.arm.share) == (rollout.challenger, rollout.share)
            return (True, entry.arm.challenged) if here else None
        version = entry.model_version.partition("+")[0]
        version = "prior" if version.startswith("prior") else version
        if version not in (rollout.challenger, rollout.champion or "prior"):
            return None
        return False, version == rollout.challenger

    def _found(
        self, item: Entry, entry: journal_pb2.DecisionEntry, catalog: Catalog, outcomes: OutcomeBook
    ) -> tuple[float, float, bool]:
        """What the taken picks earned, whether they did harm, and whether all their windows are closed."""
        channel, candidates = catalog.channels.get(entry.request.channel), candidates_of(entry)
        reward, harm, mature = 0.0, 0.0, True
        for index in item.taken:
            action = candidates[entry.picks[index].candidate].action
            place = catalog.index.get(action)
            if place is None or channel is None:
                continue
            until_ms = item.at_ms + (catalog.actions[place].response_window_ms or channel.response_window_ms)
            reactions = outcomes.of(f"{entry.decision_id}:{action}")
            found = label(Exposure(True, channel.id, channel, until_ms), reactions, self._rules, self._as_of_ms)
            mature = mature and until_ms <= self._as_of_ms
            harm = max(harm, float(any(reaction.type in HARMS for reaction in standing(reactions))))
            if isinstance(found, Labelled) and found.positive:
                reward += found.value if self._money else float(catalog.values[place])
        return reward, harm, mature
