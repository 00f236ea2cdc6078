"""The policies that a log can be asked about: `logged`, `uniform`, `action:ID`, and a model's priorities with exploration.

Each gives its chance of every candidate; chances of a choice sum to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nba_server.domain.exploration import TIE
from nba_training.ope.choices import NO_OFFER, Choices
from nba_training.ope.log import Floats


class Policy(Protocol):
    """A policy to evaluate."""

    @property
    def name(self) -> str:
        """As it was asked for."""

    def chances(self, choices: Choices) -> Floats:
        """The chance of each candidate, (n, k); 0 in padding."""


@dataclass(frozen=True, slots=True)
class Logged:
    """What the log did: its own chances; where only the chosen one's is known, every weight is still 1."""

    name: str = "logged"

    def chances(self, choices: Choices) -> Floats:
        """As logged."""
        rows = np.arange(len(choices))
        found = np.nan_to_num(choices.logged, nan=0.0)
        found[rows, choices.chosen] = choices.pick_probability
        return found


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every candidate alike."""

    name: str = "uniform"

    def chances(self, choices: Choices) -> Floats:
        """1 / k each."""
        present = choices.present
        return np.asarray(present / present.sum(axis=1, keepdims=True), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SingleAction:
    """Always the same action where it is a candidate; elsewhere as logged, so that a comparison is about that action only."""

    action: str

    @property
    def name(self) -> str:
        """`action:ID`."""
        return f"action:{self.action}"

    def chances(self, choices: Choices) -> Floats:
        """1 for the action."""
        column = choices.column_of(self.action)
        found = Logged().chances(choices)
        there = np.flatnonzero(column >= 0)
        found[there] = 0.0
        found[there, column[there]] = 1.0
        return found


@dataclass(frozen=True, slots=True)
class ByPriority:
    """P x C x V x L with P from `propensity` (n, k): the best, ties alike, and epsilon for all, as the placement says.

    "No offer" is taken only where nothing else is there. `epsilon` overrides the placement's. `values` (n, k), where the policy
    has learned them, stand in for the V that was logged; NaN keeps it.
    """

    name: str
    propensity: Callable[[Choices], Floats]
    epsilon: float | None = None
    values: Callable[[Choices], Floats] | None = None

    def chances(self, choices: Choices) -> Floats:
        """(1 - epsilon) / m for the m best + epsilon / k for all k."""
        present = choices.present
        worth = np.where(present, np.nan_to_num(self._worth(choices), nan=1.0), 1.0)
        with np.errstate(divide="ignore"):
            priority = np.log(np.where(present, self.propensity(choices), 1.0)) + np.log(np.maximum(worth, 1e-300))
        nothing = choices.candidates == (choices.names.index(NO_OFFER) if NO_OFFER in choices.names else -2)
        priority[nothing] = -1e300
        priority[~present] = -np.inf
        top = present & (priority >= priority.max(axis=1, keepdims=True) - TIE)
        epsilon = (choices.epsilon if self.epsilon is None else np.full(len(choices), self.epsilon))[:, None]
        found = top * (1.0 - epsilon) / top.sum(axis=1, keepdims=True)
        return np.asarray(found + epsilon * present / present.sum(axis=1, keepdims=True))

    def _worth(self, choices: Choices) -> Floats:
        """C x V x L of each candidate."""
        if self.values is None or not len(choices.value):
            return choices.worth
        own = self.values(choices)
        known = np.isfinite(own) & (choices.value > 0)
        ratio = np.divide(own, choices.value, out=np.ones_like(own), where=known)
        return np.asarray(choices.worth * ratio)


def unsupported(choices: Choices, chances: Floats) -> int:
    """Choices in which the policy may do what the log, as far as it says, never did."""
    never = choices.present & (choices.logged <= 0.0)
    return int(np.count_nonzero((never & (chances > 1e-9)).any(axis=1)))
