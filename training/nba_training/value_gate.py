"""What the challenger's policy would have earned on later decisions, against the live one's, and its guard-rails.

Where the log cannot answer, the check says so and the likelihood of the outcomes decides alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nba_models.definition import Gates
from nba_training.gate import Check
from nba_training.ope.choices import NO_OFFER, Choices, LeftOut
from nba_training.ope.estimators import Terms
from nba_training.ope.evaluation import DEFAULT, Evaluation, EvaluationSettings, evaluate, feedback
from nba_training.ope.influence import influence_difference
from nba_training.ope.log import Floats
from nba_training.ope.policy import Policy
from nba_training.ope.reward_model import RewardModelSettings

VOLUME = 0.02
"""The most that the share of choices with an offer may rise."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`evaluation` is None, and `why_not` says why, where the log cannot answer."""

    checks: tuple[Check, ...]
    evaluation: Evaluation | None
    why_not: str = ""


def judge_value(
    choices: Choices, left_out: LeftOut, challenger: Policy, live: Policy, gates: Gates, *, alpha: float, seed: int
) -> Judged:
    """Difference and guard-rails on choices later than any that the challenger was trained on.

    `alpha` is the chance of a false promotion that may be taken: the lower bounds are at 1 - alpha.
    """
    if not gates.min_decisions or len(choices) < gates.min_decisions:
        return _unjudged(f"{len(choices):,} evaluable choices, of {gates.min_decisions:,} that are needed")
    settings = EvaluationSettings(
        level=1 - 2 * alpha,
        bootstrap_customers=0,
        only=DEFAULT,
        seed=seed,
        model=RewardModelSettings(folds=2, rounds=20, leaves=8),
    )
    found = evaluate(choices, left_out, challenger, live, settings)
    if found.refused is not None or found.difference is None:
        return _unjudged(found.refused or "nothing to compare with")
    gaps = [(name, found.difference[name]) for name in DEFAULT]
    words = ", ".join(f"{name.upper()} {gap.value:+.5f} [{gap.low:+.5f}, {gap.high:+.5f}]" for name, gap in gaps)
    better = Check(
        "policy value over the live one's",
        all(gap.low > 0 for _, gap in gaps),
        f"{words} a choice at {1 - alpha:.4%} one-sided, {len(choices):,} choices, ess {found.diagnostics.ess:,.0f}",
        "lower bounds above 0",
    )
    return Judged((better, *_guard_rails(choices, challenger, live, gates)), found)


def _unjudged(reason: str) -> Judged:
    return Judged((), None, reason)


def _guard_rails(choices: Choices, challenger: Policy, live: Policy, gates: Gates) -> tuple[Check, ...]:
    mine, theirs = challenger.chances(choices), live.chances(choices)
    found = [_volume(choices, mine, theirs), _share(choices, mine, theirs, gates)]
    return (_harm(choices, mine, theirs, gates), *found) if len(choices.harm) else tuple(found)


def _harm(choices: Choices, mine: Floats, theirs: Floats, gates: Gates) -> Check:
    """By self-normalised weights; worse than chance or by more than the tolerance stops it."""
    weights = [feedback(choices, chances).weights for chances in (mine, theirs)]
    first, second = (Terms(weight * choices.harm, weight) for weight in weights)
    gap = influence_difference(first, second, choices.customer)
    return Check(
        "opt-outs and complaints",
        gap.low <= 0 and gap.value <= gates.harm_increase,
        f"{first.value:.5f} a choice, live {second.value:.5f}",
        f"no rise beyond chance, at most {gates.harm_increase:g}",
    )


def _volume(choices: Choices, mine: Floats, theirs: Floats) -> Check:
    nothing = choices.candidates == (choices.names.index(NO_OFFER) if NO_OFFER in choices.names else -2)
    offers = [float(1 - (chances * nothing).sum(axis=1).mean()) for chances in (mine, theirs)]
    return Check(
        "contact volume",
        offers[0] <= offers[1] + VOLUME,
        f"{offers[0]:.2%} of the choices offer something, live {offers[1]:.2%}",
        f"at most {VOLUME:.0%} more",
    )


def _share(choices: Choices, mine: Floats, theirs: Floats, gates: Gates) -> Check:
    (name, most), (_, before) = (largest_share(choices, chances) for chances in (mine, theirs))
    return Check(
        "one action's share",
        most <= max(gates.action_share, before),
        f"{name} {most:.1%}, live {before:.1%}",
        f"at most {gates.action_share:.0%}, or the live one's",
    )


def largest_share(choices: Choices, chances: Floats) -> tuple[str, float]:
    """The action that gets the most of the offers, among choices that are choices, and its share."""
    real = choices.present.sum(axis=1) > 1
    if not real.any():
        return "", 0.0
    present = choices.present[real]
    totals = np.bincount(choices.candidates[real][present], chances[real][present], len(choices.names))
    top = int(totals.argmax())
    return choices.names[top], float(totals[top] / np.count_nonzero(real))
