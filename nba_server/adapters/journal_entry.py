"""What a decision's entry says of its candidates and their features, whichever way it was written.

Readers of entries ask here and know nothing of columns. Entries of old servers have a message a candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from nba_server.adapters.journal_columns import JournalUnreadable, numbers_of, texts_of
from nba_server.adapters.journal_values import feature_entry
from nba_server.domain.propensity import FeatureColumns
from nba_server.pb import decision_pb2, journal_pb2


class JournaledCandidate(NamedTuple):
    """One candidate of one placement; texts are ids. `row` is its row in the features."""

    placement: str
    action: str
    treatment: str
    class_: str
    row: int
    propensity: float
    context_weight: float
    value: float
    lever: float
    priority: float
    pick_probability: float
    evidence: float = 0.0
    trials: float = 0.0


class JournaledCandidates:
    """The candidates of a decision, in catalogue order; one is made when it is asked for, as most readers want one."""

    def __init__(self, texts: Sequence[Sequence[str]], rows: Sequence[int], numbers: Sequence[Sequence[float]]) -> None:
        self._texts = texts
        self._rows = rows
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> JournaledCandidate:
        texts = [column[place] for column in self._texts]
        return JournaledCandidate._make((*texts, self._rows[place], *[column[place] for column in self._numbers]))

    def __iter__(self) -> Iterator[JournaledCandidate]:
        return map(JournaledCandidate, *self._texts, self._rows, *self._numbers)


_TEXTS = ("placement", "action", "treatment", "class")
_NUMBERS = ("propensity", "context_weight", "value", "lever", "priority", "pick_probability", "evidence", "trials")


def candidates_of(entry: journal_pb2.DecisionEntry) -> JournaledCandidates:
    """The candidates of a decision. Raises `JournalUnreadable`."""
    if entry.single_candidates:
        return _single(entry)
    given = entry.candidates
    count = given.count
    rows: Sequence[int] = given.rows or range(count)
    if len(rows) != count:
        raise JournalUnreadable(f"{len(rows)} rows of {count} candidates")
    if not count:
        return JournaledCandidates([()] * len(_TEXTS), (), [()] * len(_NUMBERS))
    texts = [texts_of(getattr(given, name), count) if given.HasField(name) else [""] * count for name in _TEXTS]
    numbers = [
        numbers_of(getattr(given, name), count) if given.HasField(name) else np.zeros(count) for name in _NUMBERS
    ]
    if not given.HasField("priority"):
        propensity, context, value, lever = numbers[:4]
        numbers[4] = propensity * context * value * lever
    return JournaledCandidates(texts, rows, [column.tolist() for column in numbers])


def _single(entry: journal_pb2.DecisionEntry) -> JournaledCandidates:
    given = entry.single_candidates
    factors = ("context_weight", "value", "lever")
    return JournaledCandidates(
        [[getattr(one, name) for one in given] for name in _TEXTS],
        [one.row for one in given],
        [[getattr(one.factors if name in factors else one, name) for one in given] for name in _NUMBERS],
    )


def features_of(entry: journal_pb2.DecisionEntry) -> FeatureColumns:
    """The features of a decision as they were used. Raises `JournalUnreadable`."""
    given, rows = entry.features, entry.features.rows
    numbers = [numbers_of(column, rows) for column in given.pair_number_columns]
    texts = [
        texts_of(entry.candidates.action if column.actions else column, rows) for column in given.pair_text_columns
    ]
    return FeatureColumns(
        definition_hash=given.definition_hash,
        shared_numbers=given.shared_numbers,
        shared_texts=tuple(given.shared_texts),
        pair_numbers=np.stack(numbers, axis=1).tobytes() if numbers else given.pair_numbers,
        pair_texts=tuple(text for row in zip(*texts, strict=True) for text in row)
        if texts
        else tuple(given.pair_texts),
        rows=rows,
    )


def make_single(entry: journal_pb2.DecisionEntry) -> None:
    """Gives an entry the form that old servers wrote, to be compared with one of theirs."""
    candidates, features = candidates_of(entry), features_of(entry)
    entry.ClearField("candidates")
    entry.features.CopyFrom(feature_entry(features))
    for one in candidates:
        factors = decision_pb2.PriorityFactors(
            propensity=one.propensity, context_weight=one.context_weight, value=one.value, lever=one.lever
        )
        entry.single_candidates.add(
            placement=one.placement,
            action=one.action,
            treatment=one.treatment,
            row=one.row,
            propensity=one.propensity,
            priority=one.priority,
            factors=factors,
            pick_probability=one.pick_probability,
            evidence=one.evidence,
            trials=one.trials,
            **{"class": one.class_},
        )
