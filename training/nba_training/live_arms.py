"""The live comparison of a rollout: what each model's decisions earned and harmed, from the archive, customer by customer.

Customers are in an arm by a stable hash, so the difference is the models' doing. Answers count once their window is closed,
harm at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nba_models.definition import Label
from nba_server.domain.catalog import Catalog
from nba_server.domain.outcome import standing
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
    """Sums by model and customer, of the decisions since a time."""

    def __init__(self, references: References, rules: Label, as_of_ms: int) -> None:
        self._references = references
        self._rules = rules
        self._as_of_ms = as_of_ms
        self._sums: dict[str, dict[str, list[float]]] = {}

    def collect(self, source: EntrySource, since_ms: int) -> None:
        """Two passes, outcomes first."""
        outcomes = OutcomeBook(CustomerSample(), _OUTCOMES)
        outcomes.collect(source.entries(FIRST_PASS, since_ms))
        self._decisions(source.entries({"decision"}, since_ms), outcomes)

    def arm(self, version: str) -> Arm:
        """The arm of a model; `prior` or empty for the priors."""
        rows = np.array(list(self._sums.get(version or "prior", {}).values())).reshape(-1, 4)
        mature, reward, made, harm = rows.T
        return Arm(int(mature.sum()), len(rows), Terms(reward, mature), Terms(harm, made))

    def _decisions(self, entries: Iterable[Entry], outcomes: OutcomeBook) -> None:
        for item in entries:
            entry = item.entry.decision
            catalog = self._references.catalog(entry.catalog_hash)
            if entry.anonymous or catalog is None or not entry.picks:
                continue
            version = entry.model_version.partition("+")[0]
            name = "prior" if version.startswith("prior") else version
            sums = self._sums.setdefault(name, {}).setdefault(outcomes.person(entry.customer_ref), [0.0] * 4)
            reward, harm, mature = self._found(item, entry, catalog, outcomes)
            sums[2] += 1
            sums[3] += harm
            if mature:
                sums[0] += 1
                sums[1] += reward

    def _found(
        self, item: Entry, entry: journal_pb2.DecisionEntry, catalog: Catalog, outcomes: OutcomeBook
    ) -> tuple[float, float, bool]:
        """What the taken picks earned in list prices, whether they did harm, and whether all their windows are closed."""
        channel = catalog.channels.get(entry.request.channel)
        reward, harm, mature = 0.0, 0.0, True
        for index in item.taken:
            action = entry.candidates[entry.picks[index].candidate].action
            place = catalog.index.get(action)
            if place is None or channel is None:
                continue
            until_ms = item.at_ms + (catalog.actions[place].response_window_ms or channel.response_window_ms)
            reactions = outcomes.of(f"{entry.decision_id}:{action}")
            found = label(Exposure(True, channel.id, channel, until_ms), reactions, self._rules, self._as_of_ms)
            mature = mature and until_ms <= self._as_of_ms
            harm = max(harm, float(any(reaction.type in HARMS for reaction in standing(reactions))))
            if isinstance(found, Labelled) and found.positive:
                reward += float(catalog.values[place])
        return reward, harm, mature
