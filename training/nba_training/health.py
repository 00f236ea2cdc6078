"""Drift and health: do later rows look like those learned from, do claims hold over time, is everything shown to somebody.

Population stability index by feature and score: sum over bins of (p - q) ln(p / q); above 0.25 something has moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nba_models.calibration import Labels
from nba_models.features import Floats
from nba_training.dataset import Dataset, Integers
from nba_training.ope.choices import NO_OFFER, Choices
from nba_training.split import Parts

MOVED = 0.25
_BINS = 10
_SMALL = 1e-4
_SLICES = 6


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of the later rows: its first time, rows, mean claim and observed rate."""

    first_ms: int
    rows: int
    claimed: float
    observed: float


@dataclass(frozen=True, slots=True)
class Health:
    """`psi` by feature, most moved first, and of the score. `no_offer`: share of decisions without an offer (NaN without a log);
    `never`: actions that were candidates and that nobody got, by how often they were.
    """

    psi: dict[str, float]
    psi_score: float
    over_time: tuple[Slice, ...]
    no_offer: float
    never: dict[str, int]

    def figures(self) -> dict[str, float]:
        """Numbers for the model's manifest and the metrics."""
        found = {
            "psi_score": self.psi_score,
            "psi_features": max(self.psi.values(), default=0.0),
            "actions_nobody_gets": float(len(self.never)),
        }
        return found | ({} if np.isnan(self.no_offer) else {"no_offer_share": self.no_offer})

    def report(self) -> dict[str, Any]:
        """For the report."""
        return {"health": asdict(self)}


def look(parts: Parts, choices: Choices, learned_score: Floats, later_score: Floats) -> Health:
    """Compares the rows that were fitted on with the later ones; `choices` are the later decisions."""
    found = features_psi(parts.fit, parts.test)
    return Health(
        psi=dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))),
        psi_score=psi(learned_score, later_score),
        over_time=over_time(parts.test.at_ms, later_score, parts.test.positive),
        no_offer=_no_offer(choices),
        never=_never(choices),
    )


def features_psi(before: Dataset, after: Dataset) -> dict[str, float]:
    """The index of every feature of the layout."""
    names = before.layout.numbers
    found = {name: psi(before.table.numbers[:, at], after.table.numbers[:, at]) for at, name in enumerate(names)}
    for at, name in enumerate(before.layout.categories):
        found[name] = _words_psi(before.table.texts[at], after.table.texts[at])
    return found


def psi(before: Floats, after: Floats) -> float:
    """Of numbers: bins of about equally many earlier values; missing is a bin of its own."""
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(known) else np.empty(0)
    return _index(*(_share(values, edges) for values in (before, after)))


def over_time(at_ms: Integers, claimed: Floats, positive: Labels) -> tuple[Slice, ...]:
    """Claims and what came true, in stretches of about equally many rows."""
    parts = np.array_split(np.arange(len(at_ms)), min(_SLICES, max(1, len(at_ms))))
    return tuple(
        Slice(int(at_ms[part[0]]), len(part), float(claimed[part].mean()), float(positive[part].mean()))
        for part in parts
        if len(part)
    )


def _share(values: Floats, edges: Floats) -> Floats:
    bins = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    return np.asarray(np.bincount(bins, minlength=len(edges) + 2) / max(1, len(values)))


def _words_psi(before: Sequence[str], after: Sequence[str]) -> float:
    _, codes = np.unique(np.array([*before, *after], dtype=np.str_), return_inverse=True)
    width = int(codes.max()) + 1 if len(codes) else 1
    first, second = codes[: len(before)], codes[len(before) :]
    return _index(*(np.bincount(part, minlength=width) / max(1, len(part)) for part in (first, second)))


def _index(before: Floats, after: Floats) -> float:
    p, q = np.maximum(before, _SMALL), np.maximum(after, _SMALL)
    return float(((p - q) * np.log(p / q)).sum())


def _no_offer(choices: Choices) -> float:
    first = choices.position == 1
    if not first.any():
        return float("nan")
    nothing = choices.names.index(NO_OFFER) if NO_OFFER in choices.names else -2
    chosen = choices.candidates[np.arange(len(choices)), choices.chosen]
    return float((chosen[first] == nothing).mean())


def _never(choices: Choices) -> dict[str, int]:
    if not len(choices):
        return {}
    got = np.bincount(choices.candidates[np.arange(len(choices)), choices.chosen], minlength=len(choices.names))
    could = np.bincount(choices.candidates[choices.present], minlength=len(choices.names))
    found = {name: int(could[at]) for at, name in enumerate(choices.names) if could[at] and not got[at]}
    return dict(sorted(found.items(), key=lambda item: -item[1]))
