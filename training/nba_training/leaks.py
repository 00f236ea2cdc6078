"""Signs that a training run knows what a decision could not have known; any of them stops the run.

A leak looks like success: an AUC that no feature of a moment can have. A fact of after the decision cannot be among the
features, which are those that the decision logged; rows whose answer came after the split are left out by split.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import numpy as np

from nba_models.calibration import Labels
from nba_models.features import Floats
from nba_training.dataset import Dataset, Integers
from nba_training.evaluate import auc
from nba_training.gate import Check
from nba_training.split import Parts

MAX_SINGLE_AUC = 0.78
"""One feature alone ranks rows of the same time at most so well; above it, suspect that it was recorded after the outcome."""
_BINS = 20
_SLICES = 4
_MIN_POSITIVES = 30
_MAX_ROWS = 100_000


def single_features(dataset: Dataset, limit: float = MAX_SINGLE_AUC) -> tuple[Check, ...]:
    """One check for the strongest feature, and one for each that is implausibly strong.

    The AUC of a feature alone: rates of its bins (or words) learned on half of the rows, judged on the other half, within
    slices of time, so that a trend of the base rate does not look like a feature's merit.
    """
    rows = np.unique(np.linspace(0, len(dataset) - 1, min(len(dataset), _MAX_ROWS)).astype(np.int64))
    part = dataset.take(rows)
    names = (*part.layout.numbers, *part.layout.categories)
    columns = [*(_bins(part.table.numbers[:, place]) for place in range(len(part.layout.numbers)))]
    columns += [np.unique(np.array(column), return_inverse=True)[1] for column in part.table.texts]
    slices = _slices(part.positive)
    found = {name: _single(column, part.positive, slices) for name, column in zip(names, columns, strict=True)}
    ranked = sorted(found.items(), key=lambda item: -item[1])
    shown = [item for item in ranked if item[1] > limit] or ranked[:1]
    wanted = f"at most {limit:g} (above it, suspect that it is recorded after the decision)"
    return tuple(Check(f"leak: AUC of {name} alone", value <= limit, f"{value:.4f}", wanted) for name, value in shown)


def seen_and_new(propensity: Floats, parts: Parts, limit: float) -> tuple[Check, ...]:
    """Whether later rows of customers that the model learned from rank better than those of others, by more than `limit` beyond
    chance: then it knows the customers. None where one side has too few rows.

    Errors of both AUCs after Hanley and McNeil (1982).
    """
    unseen, positive = parts.unseen, parts.test.positive
    sides = [(propensity[rows], positive[rows]) for rows in (~unseen, unseen)]
    counts = [(int(np.count_nonzero(label)), int(np.count_nonzero(~label))) for _, label in sides]
    if min(min(pair) for pair in counts) < _MIN_POSITIVES:
        return ()
    seen, new = (auc(score, label) for score, label in sides)
    error = hypot(_error(seen, *counts[0]), _error(new, *counts[1]))
    said = f"{seen:.4f}, of others {new:.4f} ({int(unseen.sum()):,} rows)"
    wanted = f"at most {limit:g} more, beyond chance (else it knows the customers)"
    return (Check("leak: AUC of customers it learned from", seen - new - 1.645 * error <= limit, said, wanted),)


def _error(found: float, positives: int, negatives: int) -> float:
    first, second = found / (2 - found), 2 * found * found / (1 + found)
    spread = found * (1 - found) + (positives - 1) * (first - found**2) + (negatives - 1) * (second - found**2)
    return float(np.sqrt(spread / (positives * negatives)))


def _single(column: Integers, positive: Labels, slices: Sequence[Integers]) -> float:
    scores = [_within(column[part], positive[part]) for part in slices]
    known = [(score, len(part)) for score, part in zip(scores, slices, strict=True) if not np.isnan(score)]
    return float(np.average([s for s, _ in known], weights=[w for _, w in known])) if known else float("nan")


def _within(column: Integers, positive: Labels) -> float:
    """Cross-fitted on even and odd rows."""
    base, width = float(positive.mean()), int(column.max()) + 1 if len(column) else 0
    score: Floats = np.full(len(column), base)
    even = np.arange(len(column)) % 2 == 0
    for half in (even, ~even):
        rows = np.bincount(column[half], minlength=width)
        rates = (np.bincount(column[half], positive[half], width) + 5 * base) / (rows + 5)
        score[~half] = rates[column[~half]]
    return auc(score, positive)


def _slices(positive: Labels) -> list[Integers]:
    """Stretches of time with enough positives each; the rows are in time order."""
    count = max(1, min(_SLICES, int(np.count_nonzero(positive)) // _MIN_POSITIVES))
    return [part.astype(np.int64) for part in np.array_split(np.arange(len(positive)), count) if len(part)]


def _bins(values: Floats) -> Integers:
    """Bins of about equally many rows; missing is a bin of its own."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right")).astype(np.int64)
