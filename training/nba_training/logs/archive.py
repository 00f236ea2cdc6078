"""The archive as a log of choices: our own decisions position by position, and contacts of other systems that know their chance.

Rewards are read once every candidate's response window is closed: else the actions with short windows would look like failures
longer. Features are those that were logged at the decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import nan

import numpy as np

from nba_models.definition import Label
from nba_models.features import RawColumns
from nba_server.adapters.journal_entry import JournaledCandidate, candidates_of, features_of
from nba_server.adapters.journal_values import feature_columns
from nba_server.domain.action import NO_EXPLORATION, Exploration
from nba_server.domain.catalog import Catalog
from nba_server.domain.exploration import Contest, chances
from nba_server.domain.outcome import OutcomeType, standing
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import journal_pb2
from nba_training.labels import Exposure, Labelled, label, money
from nba_training.logs.builder import ChoicesBuilder
from nba_training.logs.choice import LoggedCandidate, LoggedChoice
from nba_training.ope.choices import NO_OFFER
from nba_training.outcomes import FIRST_PASS, OutcomeBook
from nba_training.source import Entry, EntrySource, References, Silent, Watch

_OUTCOMES = 8_000_000
_DAY_MS = 86_400_000
_SAME = 1e-9


class Reward(StrEnum):
    """What counts: whether there was a positive outcome, the money of conversions, or what the catalogue says that the action's
    positive outcome is worth.
    """

    POSITIVE = "positive"
    VALUE = "value"
    WORTH = "worth"


HARMS = frozenset({OutcomeType.OPTED_OUT, OutcomeType.COMPLAINT})


@dataclass(frozen=True, slots=True)
class ArchiveQuestion:
    """Which choices, and what they earned. Times bound the decision or contact; empty names mean all."""

    as_of_ms: int
    since_ms: int = 0
    until_ms: int = 1 << 62
    channel: str = ""
    placement: str = ""
    reward: Reward = Reward.POSITIVE
    rules: Label = field(default_factory=Label)


def read_archive(
    source: EntrySource, references: References, question: ArchiveQuestion, watch: Watch | None = None
) -> ChoicesBuilder:
    """Two passes, outcomes first, in bounded memory: with too many choices customers are thinned by hash."""
    watch = watch or Silent()
    builder = ChoicesBuilder({})
    outcomes = OutcomeBook(builder.sample, _OUTCOMES)
    watch.step("Reading outcomes")
    outcomes.collect(source.entries(FIRST_PASS, question.since_ms), watch)
    watch.step("Reading decisions and contacts")
    reader = _Reader(outcomes, references, question, builder)
    builder.collect(reader.choices(source.entries({"decision", "contact"}, question.since_ms), watch))
    return builder


class _Reader:
    """Entries to choices; what is left out is counted in the builder."""

    def __init__(
        self, outcomes: OutcomeBook, references: References, question: ArchiveQuestion, builder: ChoicesBuilder
    ) -> None:
        self._outcomes = outcomes
        self._references = references
        self._question = question
        self._builder = builder

    def choices(self, entries: Iterable[Entry], watch: Watch) -> Iterator[LoggedChoice]:
        for count, item in enumerate(entries, start=1):
            if count % 4_096 == 0:
                watch.advance(count)
            if item.kind == "decision":
                yield from self._decision(item)
            else:
                yield from self._contact(item.entry.contact)

    def _decision(self, item: Entry) -> Iterator[LoggedChoice]:
        entry = item.entry.decision
        if not self._wanted(entry.request.channel, item.at_ms) or not self._builder.sample.has(entry.customer_ref):
            return
        catalog = self._references.catalog(entry.catalog_hash)
        reason = _unusable(entry, catalog)
        if reason or catalog is None:
            self._builder.left_out[reason] += sum(1 for pick in entry.picks if pick.position)
            return
        candidates, features = list(candidates_of(entry)), features_of(entry)
        rows = features.rows or 1 + max((found.row for found in candidates), default=0)
        columns = self._columns(features, rows)
        used: set[str] = set()
        for asked in entry.request.placements:
            site = _Site(entry, candidates, catalog, asked.placement)
            for position in range(1, max(1, asked.slots) + 1):
                pool = site.pool(used)
                place = site.pick(position)
                if place is not None:
                    used.add(candidates[entry.picks[place].candidate].action)
                if self._question.placement in ("", asked.placement):
                    yield from self._position(item, site, position, pool, place, columns)

    def _position(
        self,
        item: Entry,
        site: _Site,
        position: int,
        pool: list[int],
        place: int | None,
        columns: tuple[RawColumns, int] | None,
    ) -> Iterator[LoggedChoice]:
        entry, left_out = site.entry, self._builder.left_out
        at = {
            "customer": self._outcomes.person(entry.customer_ref),
            "at_ms": item.at_ms,
            "slate": f"{entry.decision_id}/{site.name}",
            "position": position,
        }
        if place is None:
            if not pool:
                nothing = (LoggedCandidate(NO_OFFER, 1.0),)
                yield LoggedChoice(**at, candidates=nothing, chosen=0, pick_probability=1.0, reward=0.0)  # type: ignore[arg-type]
            return
        windows = [site.window_ms(site.offers[index].action) for index in pool]
        if item.at_ms + max(windows) > self._question.as_of_ms:
            left_out["immature"] += 1
            return
        if place not in item.taken:
            self._builder.lost(entry.customer_ref)
            return
        pick = entry.picks[place]
        chosen = pool.index(pick.candidate)
        action = site.offers[pick.candidate].action
        if entry.request.defer_activation and not standing(self._outcomes.of(f"{entry.decision_id}:{action}")):
            left_out["not activated"] += 1
            return
        exposure = Exposure(
            True, entry.request.channel, site.catalog.channels.get(entry.request.channel), item.at_ms + windows[chosen]
        )
        yield LoggedChoice(
            **at,  # type: ignore[arg-type]
            candidates=site.candidates(pool, site.chances(pool, pick, position), features=columns is not None),
            chosen=chosen,
            pick_probability=pick.pick_probability,
            reward=self._reward(exposure, f"{entry.decision_id}:{action}", site.catalog, action),
            harm=self._harm(f"{entry.decision_id}:{action}"),
            epsilon=site.exploration.epsilon,
            features=columns[0] if columns else None,
            rows=columns[1] if columns else 0,
        )

    def _contact(self, entry: journal_pb2.ContactEntry) -> Iterator[LoggedChoice]:
        wanted = self._wanted(entry.channel, entry.occurred_at_ms) and self._question.placement in ("", entry.placement)
        if not wanted or not self._builder.sample.has(entry.customer_ref):
            return
        catalog = self._references.catalog("")
        if catalog is None or entry.action not in catalog.index:
            self._builder.left_out["unknown action" if catalog is not None else "unknown reference"] += 1
            return
        if not entry.HasField("pick_probability"):
            self._builder.left_out["no pick probability"] += 1
            return
        names = list(entry.candidates) or [entry.action]
        if max(_contact_window(catalog, name, entry) for name in names) > self._question.as_of_ms:
            self._builder.left_out["immature"] += 1
            return
        columns = self._columns(feature_columns(entry.features), len(names))
        exposure = Exposure(False, entry.channel, catalog.channels.get(entry.channel), entry.response_until_ms)
        placement = catalog.placements.get(entry.placement)
        yield LoggedChoice(
            customer=entry.customer_ref,
            at_ms=entry.occurred_at_ms,
            slate=entry.contact_id,
            position=1,
            candidates=tuple(
                _known(catalog, name, nan, row if columns is not None else None) for row, name in enumerate(names)
            ),
            chosen=names.index(entry.action),
            pick_probability=entry.pick_probability,
            reward=self._reward(exposure, entry.contact_id, catalog, entry.action),
            harm=self._harm(entry.contact_id),
            epsilon=placement.exploration.epsilon if placement is not None else 0.0,
            site=f"{entry.channel}/{entry.placement}",
            open_set=not entry.candidates,
            features=columns[0] if columns else None,
            rows=columns[1] if columns else 0,
        )

    def _wanted(self, channel: str, at_ms: int) -> bool:
        question = self._question
        return question.channel in ("", channel) and question.since_ms <= at_ms < question.until_ms

    def _harm(self, contact_id: str) -> float:
        return float(any(reaction.type in HARMS for reaction in standing(self._outcomes.of(contact_id))))

    def _reward(self, exposure: Exposure, contact_id: str, catalog: Catalog, action: str) -> float:
        """Of the pick as it was made: nothing shown is nothing earned."""
        reactions, question = self._outcomes.of(contact_id), self._question
        if question.reward is Reward.VALUE:
            return money(standing(reactions), exposure.respond_until_ms + question.rules.grace_days * _DAY_MS)
        found = label(exposure, reactions, question.rules, question.as_of_ms)
        positive = float(isinstance(found, Labelled) and found.positive)
        if question.reward is Reward.WORTH:
            return positive * float(catalog.values[catalog.index[action]])
        return positive

    def _columns(self, features: FeatureColumns, rows: int) -> tuple[RawColumns, int] | None:
        """The features with their rows; None when their definition is not known."""
        layout = self._references.layout(features.definition_hash)
        if layout is None:
            return None
        self._builder.layouts.setdefault(features.definition_hash, layout)
        columns = RawColumns(
            features.definition_hash,
            features.shared_numbers,
            features.shared_texts,
            features.pair_numbers,
            features.pair_texts,
            rows,
        )
        return columns, rows


@dataclass(frozen=True, slots=True)
class _Site:
    """One placement of one decision."""

    entry: journal_pb2.DecisionEntry
    offers: Sequence[JournaledCandidate]
    catalog: Catalog
    name: str

    @property
    def exploration(self) -> Exploration:
        placement = self.catalog.placements.get(self.name)
        return placement.exploration if placement is not None else NO_EXPLORATION

    def pool(self, used: set[str]) -> list[int]:
        """Indices of the candidates that no earlier position has taken."""
        return [
            index
            for index, candidate in enumerate(self.offers)
            if candidate.placement == self.name and candidate.action not in used
        ]

    def pick(self, position: int) -> int | None:
        """The index of the policy's choice for a position."""
        for index, pick in enumerate(self.entry.picks):
            if pick.position == position and self.offers[pick.candidate].placement == self.name:
                return index
        return None

    def window_ms(self, action: str) -> int:
        return _window_ms(self.catalog, action, self.entry.request.channel)

    def chances(self, pool: list[int], pick: journal_pb2.PickEntry, position: int) -> list[float]:
        """The chance of each of the pool. Behind the first position they are worked out again; NaN where that disagrees."""
        if position == 1:
            return [self.offers[index].pick_probability for index in pool]
        again: list[float] = chances(self._contest(pool, position), self.exploration).tolist()
        mine = pool.index(pick.candidate)
        if abs(again[mine] - pick.pick_probability) > _SAME:
            again = [nan] * len(pool)
            again[mine] = pick.pick_probability
        return again

    def _contest(self, pool: list[int], position: int) -> Contest:
        candidates = [self.offers[index] for index in pool]
        columns = [
            [max(found.priority, 1e-300) for found in candidates],
            [found.propensity for found in candidates],
            [found.evidence for found in candidates],
            [found.trials for found in candidates],
        ]
        priority, propensity, evidence, trials = np.array(columns)
        names = [asked.placement for asked in self.entry.request.placements]
        return Contest(
            np.log(priority), propensity, evidence, trials, self.entry.seed, names.index(self.name), position
        )

    def candidates(self, pool: list[int], chances: list[float], *, features: bool) -> tuple[LoggedCandidate, ...]:
        found = []
        for index, chance in zip(pool, chances, strict=True):
            candidate = self.offers[index]
            worth = candidate.context_weight * candidate.value * candidate.lever
            row = candidate.row if features else None
            found.append(_known(self.catalog, candidate.action, chance, row, worth, candidate.value))
        return tuple(found)


def _known(
    catalog: Catalog, name: str, chance: float, row: int | None, worth: float | None = None, value: float = nan
) -> LoggedCandidate:
    """A candidate with what the catalogue knows of it."""
    index = catalog.index.get(name)
    if index is None:
        return LoggedCandidate(name, chance, row=row, worth=1.0 if worth is None else worth)
    if worth is None:
        value = float(max(catalog.values[index], 0.01))
        worth = value * float(np.clip(catalog.levers[index], 0.1, 10.0))
    return LoggedCandidate(
        name=name,
        chance=chance,
        group=catalog.actions[index].group,
        prior=float(catalog.prior_propensity[index]),
        evidence=float(catalog.prior_evidence[index]),
        worth=worth,
        row=row,
        facts=catalog.plan.offer_facts[index],
        value=value,
    )


def _unusable(entry: journal_pb2.DecisionEntry, catalog: Catalog | None) -> str:
    if entry.anonymous:
        return "anonymous"
    if not entry.evaluable:
        return "not evaluable"
    return "" if catalog is not None else "unknown reference"


def _window_ms(catalog: Catalog, action: str, channel: str) -> int:
    index, known = catalog.index.get(action), catalog.channels.get(channel)
    own = catalog.actions[index].response_window_ms if index is not None else 0
    return own or (known.response_window_ms if known is not None else 0)


def _contact_window(catalog: Catalog, name: str, entry: journal_pb2.ContactEntry) -> int:
    """When the window of a candidate is closed."""
    if name == entry.action:
        return entry.response_until_ms
    return entry.occurred_at_ms + _window_ms(catalog, name, entry.channel)
