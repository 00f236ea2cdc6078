"""Builds `Choices` from a stream of logged choices, in bounded memory: above the limit customers are thinned by hash."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nba_models.features import FeatureLayout, RawColumns, RawTable, project
from nba_training.logs.choice import LoggedCandidate, LoggedChoice, PlainCase
from nba_training.ope.choices import CandidateFeatures, Choices, Integers, LeftOut
from nba_training.sample import CustomerSample

MAX_CELLS = 4_000_000
"""Candidates in memory at once, all choices together."""


@dataclass
class ChoicesBuilder:
    """Takes in choices of any layout. `left_out` counts what was not taken in, `substituted` the lost races."""

    layouts: dict[str, FeatureLayout]
    sample: CustomerSample = field(default_factory=CustomerSample)
    max_cells: int = MAX_CELLS
    left_out: Counter[str] = field(default_factory=Counter)
    substituted: int = 0
    _kept: list[LoggedChoice] = field(default_factory=list)
    _cells: int = 0

    def collect(self, choices: Iterable[LoggedChoice]) -> None:
        """Takes in all choices; those without a pick probability cannot be evaluated and are counted."""
        for choice in choices:
            if not self.sample.has(choice.customer):
                continue
            if not 0.0 < choice.pick_probability <= 1.0 + 1e-9:
                self.left_out["no pick probability"] += 1
                continue
            self._kept.append(choice)
            self._cells += len(choice.candidates)
            while self._cells > self.max_cells:
                self.sample.halve()
                self._kept = [kept for kept in self._kept if self.sample.has(kept.customer)]
                self._cells = sum(len(kept.candidates) for kept in self._kept)

    def lost(self, customer: str) -> None:
        """Counts a choice that the store substituted or could not take."""
        if self.sample.has(customer):
            self.substituted += 1

    def build(self) -> tuple[Choices, LeftOut]:
        """The choices in time order, and what is not among them."""
        kept = sorted(
            _closed(self._kept, self.layouts), key=lambda item: (item.at_ms, item.customer, item.slate, item.position)
        )
        return _choices(kept, self.layouts), LeftOut(dict(sorted(self.left_out.items())), self.substituted, len(kept))


def _closed(choices: Sequence[LoggedChoice], layouts: dict[str, FeatureLayout]) -> list[LoggedChoice]:
    """Gives the open candidate sets everything that was chosen on their site."""
    seen: defaultdict[str, dict[str, LoggedCandidate]] = defaultdict(dict)
    for choice in choices:
        if choice.open_set:
            for candidate in choice.candidates:
                seen[choice.site].setdefault(candidate.name, replace(candidate, chance=np.nan, row=None))
    found = []
    for choice in choices:
        if choice.open_set:
            names = {candidate.name for candidate in choice.candidates}
            others = tuple(other for name, other in sorted(seen[choice.site].items()) if name not in names)
            found.append(_with(choice, others, layouts))
        else:
            found.append(choice)
    return found


def _with(choice: LoggedChoice, others: tuple[LoggedCandidate, ...], layouts: dict[str, FeatureLayout]) -> LoggedChoice:
    """The choice with other candidates: of them the facts of the action alone are known, and what all share."""
    if choice.features is None or not others:
        return replace(choice, candidates=(*choice.candidates, *others))
    layout = layouts[choice.features.definition_hash]
    more = layout.read(PlainCase({}, [other.facts for other in others]))
    features = replace(
        choice.features,
        pair_numbers=choice.features.pair_numbers + more.pair_numbers,
        pair_texts=(*choice.features.pair_texts, *more.pair_texts),
        rows=choice.rows + len(others),
    )
    rows = choice.rows
    placed = tuple(replace(other, row=rows + place) for place, other in enumerate(others))
    return replace(choice, candidates=(*choice.candidates, *placed), features=features, rows=rows + len(others))


def _choices(kept: Sequence[LoggedChoice], layouts: dict[str, FeatureLayout]) -> Choices:
    names = {name: place for place, name in enumerate(sorted({c.name for item in kept for c in item.candidates}))}
    groups = {candidate.name: candidate.group for item in kept for candidate in item.candidates}
    shape = (len(kept), max((len(item.candidates) for item in kept), default=1))
    cells = {name: np.full(shape, np.nan) for name in ("chance", "prior", "evidence", "worth", "value")}
    candidates = np.full(shape, -1, dtype=np.int64)
    for place, item in enumerate(kept):
        for column, candidate in enumerate(item.candidates):
            candidates[place, column] = names[candidate.name]
            for name, array in cells.items():
                array[place, column] = getattr(candidate, name)
    slates = {slate: place for place, slate in enumerate(dict.fromkeys(item.slate for item in kept))}
    return Choices(
        names=tuple(names),
        candidates=candidates,
        chosen=np.array([item.chosen for item in kept], dtype=np.int64),
        pick_probability=np.minimum([item.pick_probability for item in kept], 1.0),
        logged=cells["chance"],
        reward=np.array([item.reward for item in kept], dtype=np.float64),
        customer=np.array([int(item.customer[:16] or "0", 16) >> 1 for item in kept], dtype=np.int64),
        at_ms=np.array([item.at_ms for item in kept], dtype=np.int64),
        slate=np.array([slates[item.slate] for item in kept], dtype=np.int64),
        position=np.array([item.position for item in kept], dtype=np.int64),
        prior=cells["prior"],
        evidence=cells["evidence"],
        worth=cells["worth"],
        epsilon=np.array([item.epsilon for item in kept], dtype=np.float64),
        features=_features(kept, layouts, shape),
        groups=tuple(groups[name] for name in names),
        harm=np.array([item.harm for item in kept], dtype=np.float64),
        value=cells["value"],
    )


def _features(
    kept: Sequence[LoggedChoice], layouts: dict[str, FeatureLayout], shape: tuple[int, int]
) -> CandidateFeatures:
    """One table for all, in the layout that most choices were logged in; equal rows of a slate are kept once."""
    hashes = Counter(item.features.definition_hash for item in kept if item.features is not None)
    target = layouts[hashes.most_common(1)[0][0]] if hashes else _empty_layout()
    row = np.full(shape, -1, dtype=np.int64)
    pending: dict[str, list[tuple[int, RawColumns, int]]] = {}
    start, starts = 0, {}
    for place, item in enumerate(kept):
        if item.features is None:
            continue
        key = id(item.features)
        if key not in starts:
            starts[key] = start
            pending.setdefault(item.features.definition_hash, []).append((start, item.features, item.rows))
            start += item.rows
        for column, candidate in enumerate(item.candidates):
            if candidate.row is not None:
                row[place, column] = starts[key] + candidate.row
    return CandidateFeatures(target, _table(pending, layouts, target, start), row)


def _table(
    pending: dict[str, list[tuple[int, RawColumns, int]]],
    layouts: dict[str, FeatureLayout],
    target: FeatureLayout,
    rows: int,
) -> RawTable:
    numbers = np.full((rows, len(target.numbers)), np.nan)
    texts: tuple[list[str], ...] = tuple([""] * rows for _ in target.categories)
    for hash_, waiting in pending.items():
        source = layouts[hash_]
        part = project(source.table([item for _, item, _ in waiting], [n for _, _, n in waiting]), source, target)
        places: Integers = np.concatenate([np.arange(start, start + n) for start, _, n in waiting])
        numbers[places] = part.numbers
        for column, values in zip(texts, part.texts, strict=True):
            for place, value in zip(places.tolist(), values, strict=True):
                column[place] = value
    return RawTable(numbers, texts)


def _empty_layout() -> FeatureLayout:
    from nba_models.definition import ModelDefinition

    return FeatureLayout(ModelDefinition(model="none", title="", features=()))
