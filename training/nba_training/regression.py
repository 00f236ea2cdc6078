"""Fits a logistic regression of all actions at once: what they share, and how each departs from it, shrunk towards it.

Rows are taken in by time, a few hundred at once. Before each piece the past is discounted by the factor under which the piece is
least surprising (a forgetting factor by predictive likelihood, as McCormick et al. 2012): nothing is forgotten while tastes
stay, most of it when they turn, and what is no longer sure is known to be unsure. How much actions differ is found alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nba_models.encoder import Encoder
from nba_models.features import Floats
from nba_models.regression import Regression, Term
from nba_training.arrowhead import Arrowhead, Pair
from nba_training.dataset import Integers

FORGETTING = (1.0, 0.8, 0.5, 0.1)
"""Shares of the past's precision that may be kept from piece to piece."""
SPREADS = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Standard deviations, in log odds, by which the actions' weights may differ."""
DOUBT = 3.0
"""Log odds against a turn of tastes between two pieces: what a piece must be less surprising by, to have anything forgotten."""
_PIECE_ROWS = 300
_MOST_PIECES = 24
_WORDS = 12
"""Categories other than the action enter by their most frequent words."""
_SHARED_SPREAD = 0.5
_LEVEL_SPREAD = 1.0
_LEAST_PRIOR = 0.3
"""However sure the catalogue is, an action's level may be off by this much."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What is fitted, oldest first: the encoder's matrix, labels, and what the catalogue believes of each row's action."""

    matrix: Floats
    positive: np.ndarray
    prior: Floats
    evidence: Floats


@dataclass(frozen=True, slots=True)
class _Design:
    """Inputs with the intercept, the action of each row (-1: none), and labels."""

    inputs: Floats
    action: Integers
    positive: Floats

    def part(self, rows: slice) -> _Design:
        return _Design(self.inputs[rows], self.action[rows], self.positive[rows])


@dataclass(frozen=True, slots=True)
class _Belief:
    """Mean and precision of all weights, and the log likelihood of all that was taken in."""

    mean: Pair
    precision: Arrowhead
    likelihood: float = 0.0


def regress(encoder: Encoder, rows: Rows) -> Regression:
    """The regression of the last moment."""
    terms = _terms(encoder, rows.matrix)
    action = encoder.names.index("action.id") if "action.id" in encoder.names else -1
    count = len(encoder.vocabularies[action - len(encoder.numbers)]) if action >= 0 else 0
    empty = Regression(len(encoder.names), action, terms, np.zeros((1, len(terms) + 1)), np.zeros((1, len(terms) + 1)))
    inputs = np.column_stack([np.ones(len(rows.matrix)), empty.inputs(rows.matrix)])
    codes = rows.matrix[:, action] if action >= 0 else np.full(len(rows.matrix), np.nan)
    design = _Design(inputs, np.nan_to_num(codes, nan=-1.0).astype(np.int64), rows.positive.astype(np.float64))
    level, weight = _levels(design.action, count, rows)
    found = []
    for spread in SPREADS:
        prior = _prior(level, weight, spread, inputs.shape[1])
        found.append((_filtered(prior, design), spread))
    belief, spread = max(found, key=lambda item: item[0].likelihood)
    shared, own = belief.precision.variances()
    strange = shared + np.concatenate([[_LEVEL_SPREAD**2], np.full(len(terms), spread**2)])
    weights = np.vstack([belief.mean.shared + belief.mean.own, belief.mean.shared])
    return Regression(len(encoder.names), action, terms, weights, np.vstack([own, strange]))


def _terms(encoder: Encoder, matrix: Floats) -> tuple[Term, ...]:
    """Numbers that vary, and the frequent words of the categories other than the action."""
    found = []
    for column in range(len(encoder.numbers)):
        values = matrix[:, column]
        known = values[~np.isnan(values)]
        if known.size and float(known.std()) > 1e-9:
            found.append(Term(column, float(known.mean()), float(known.std())))
    for place, (name, words) in enumerate(zip(encoder.categories, encoder.vocabularies, strict=True)):
        if name != "action.id" and len(words) > 1:
            column = len(encoder.numbers) + place
            found += [Term(column, 0.0, 1.0, word) for word in range(min(len(words), _WORDS))]
    return tuple(found)


def _levels(action: Integers, count: int, rows: Rows) -> tuple[Floats, Floats]:
    """Log odds of each action's prior, and how much they weigh: SE trials at p0 have the precision SE p0 (1 - p0)."""
    level, weight = np.zeros(count), np.full(count, 1.0 / _LEVEL_SPREAD**2)
    for code in range(count):
        mine = np.flatnonzero(action == code)
        if mine.size:
            p, trials = float(rows.prior[mine[-1]]), float(rows.evidence[mine[-1]])
            level[code] = np.log(p / (1.0 - p))
            weight[code] = np.clip(trials * p * (1.0 - p), 1.0 / _LEVEL_SPREAD**2, 1.0 / _LEAST_PRIOR**2)
    return level, weight


def _prior(level: Floats, weight: Floats, spread: float, width: int) -> _Belief:
    """Before any row: the shared weights near 0 around the mean level, the actions' own near the catalogue's levels."""
    middle = float(level.mean()) if level.size else 0.0
    shared = np.full(width, 1.0 / _SHARED_SPREAD**2)
    shared[0] = 1.0 / _LEVEL_SPREAD**2
    own = np.full((len(level), width), 1.0 / spread**2)
    own[:, 0] = weight
    mean = Pair(np.zeros(width), np.zeros((len(level), width)))
    mean.shared[0], mean.own[:, 0] = middle, level - middle
    return _Belief(mean, Arrowhead.diagonal(shared, own))


def _filtered(prior: _Belief, design: _Design) -> _Belief:
    pieces = int(np.clip(len(design.positive) // _PIECE_ROWS, 1, _MOST_PIECES))
    edges = np.linspace(0, len(design.positive), pieces + 1).astype(int).tolist()
    belief = _learned(prior, design.part(slice(edges[0], edges[1])))
    for start, end in pairwise(edges[1:]):
        piece = design.part(slice(start, end))
        tried = [_learned(_discounted(belief, prior, kept), piece) for kept in FORGETTING]
        best = max(range(len(tried)), key=lambda place: tried[place].likelihood - (FORGETTING[place] < 1.0) * DOUBT)
        belief = tried[best]
    return belief


def _discounted(belief: _Belief, prior: _Belief, kept: float) -> _Belief:
    """The belief with a share of its precision, the prior's in place of the rest."""
    if kept == 1.0:
        return belief
    precision = belief.precision.scaled(kept).plus(prior.precision.scaled(1.0 - kept))
    pull = belief.precision.times(belief.mean).scaled(kept).plus(prior.precision.times(prior.mean).scaled(1.0 - kept))
    return _Belief(precision.solve(pull), precision, belief.likelihood)


def _learned(before: _Belief, design: _Design) -> _Belief:
    """Laplace's approximation after the rows: Newton's method to the mode, its curvature as the precision."""
    mean = before.mean
    actions = _by_action(design.action, len(mean.own))
    for _ in range(30):
        chance = _chances(mean, design)
        gap = mean.minus(before.mean)
        slope = _sums((design.positive - chance)[:, None] * design.inputs, actions).minus(before.precision.times(gap))
        precision = before.precision.plus(_curvature(chance * (1.0 - chance), design.inputs, actions))
        step = precision.solve(slope)
        mean = mean.plus(step)
        if step.largest() < 1e-6:
            break
    chance = np.clip(_chances(mean, design), 1e-12, 1.0 - 1e-12)
    precision = before.precision.plus(_curvature(chance * (1.0 - chance), design.inputs, actions))
    gap = mean.minus(before.mean)
    fit = float(np.sum(np.where(design.positive > 0, np.log(chance), np.log1p(-chance))))
    pull = 0.5 * gap.dot(before.precision.times(gap))
    widths = 0.5 * (before.precision.log_determinant() - precision.log_determinant())
    return _Belief(mean, precision, before.likelihood + fit - pull + widths)


def _chances(mean: Pair, design: _Design) -> Floats:
    weights = np.vstack([mean.shared + mean.own, mean.shared])[design.action]
    odds = np.einsum("ij,ij->i", weights, design.inputs)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -35.0, 35.0))))


def _by_action(action: Integers, count: int) -> Sequence[np.ndarray]:
    return [np.flatnonzero(action == code) for code in range(count)]


def _sums(values: Floats, actions: Sequence[np.ndarray]) -> Pair:
    own = np.array([values[rows].sum(axis=0) for rows in actions]).reshape(len(actions), values.shape[1])
    return Pair(values.sum(axis=0), own)


def _curvature(weight: Floats, inputs: Floats, actions: Sequence[np.ndarray]) -> Arrowhead:
    """Of rows that depend on the shared weights and on their own action's alike."""
    scaled = inputs * weight[:, None]
    width = inputs.shape[1]
    own = np.array([scaled[rows].T @ inputs[rows] for rows in actions]).reshape(len(actions), width, width)
    return Arrowhead(scaled.T @ inputs, own, own)
