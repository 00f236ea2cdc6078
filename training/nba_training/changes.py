"""What a challenger would change: whose share of the offers rises, which features it leans on, how much more it finds early.

For people who must say yes to it; no gate reads it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nba_models.calibration import Labels
from nba_models.features import Floats
from nba_models.scorer import LoadedModel
from nba_training.fit import importance
from nba_training.ope.choices import NO_OFFER, Choices
from nba_training.ope.policy import Policy

_POINTS = 20


@dataclass(frozen=True, slots=True)
class Shift:
    """A share with the live model and with the challenger."""

    name: str
    live: float
    challenger: float


@dataclass(frozen=True, slots=True)
class Changes:
    """`same` is the share of later choices in which both prefer the same, NaN without a log. `actions` by expected share of the
    choices, `features` by share of the trees' gain, the largest change first.

    `gain` has by ranking the share of the positive answers among the best-ranked 0, 5, … 100 % of the later rows.
    """

    same: float
    actions: tuple[Shift, ...]
    features: tuple[Shift, ...]
    gain: dict[str, tuple[float, ...]]

    def report(self) -> dict[str, Any]:
        """For the report."""
        return {"changes": asdict(self)}


def changes(
    choices: Choices,
    policies: tuple[Policy, Policy],
    models: tuple[LoadedModel, LoadedModel | None],
    scores: tuple[Floats, Floats],
    positive: Labels,
) -> Changes:
    """Challenger first in each pair; `scores` and `positive` are of the later rows."""
    same, actions = _choices(choices, policies)
    new, old = importance(models[0]), importance(models[1]) if models[1] is not None else {}
    features = [Shift(name, old.get(name, 0.0), new.get(name, 0.0)) for name in {**new, **old}]
    ranked = {name: gain_curve(score, positive) for name, score in zip(("challenger", "live"), scores, strict=True)}
    return Changes(same, actions, _largest(features), ranked)


def gain_curve(score: Floats, positive: Labels, points: int = _POINTS) -> tuple[float, ...]:
    """The share of the positives among the best-ranked 0 … 100 %; rows of one score count as far as they reach."""
    if not positive.any():
        return (0.0,) * (points + 1)
    order = np.argsort(-score, kind="stable")
    ranked, found = score[order], np.cumsum(positive[order])
    ends = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    curve = np.interp(np.linspace(0, len(ranked), points + 1), np.append(0, ends + 1), np.append(0, found[ends]))
    return tuple((curve / found[-1]).tolist())


def _choices(choices: Choices, policies: tuple[Policy, Policy]) -> tuple[float, tuple[Shift, ...]]:
    if not len(choices):
        return float("nan"), ()
    chances = [policy.chances(choices) for policy in policies]
    same = float((chances[0].argmax(axis=1) == chances[1].argmax(axis=1)).mean())
    present = choices.present
    mine, theirs = (
        np.bincount(choices.candidates[present], chance[present], len(choices.names)) / len(choices)
        for chance in chances
    )
    shifts = [
        Shift("no offer" if name == NO_OFFER else name, float(theirs[at]), float(mine[at]))
        for at, name in enumerate(choices.names)
    ]
    return same, _largest(shifts)


def _largest(shifts: list[Shift]) -> tuple[Shift, ...]:
    return tuple(sorted(shifts, key=lambda shift: (-abs(shift.challenger - shift.live), shift.name)))
