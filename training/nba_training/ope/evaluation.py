"""The answer to "what would this policy have earned": every estimator with its interval, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from nba_training.ope import estimators
from nba_training.ope.choices import Choices, LeftOut
from nba_training.ope.diagnostics import Diagnostics, of_weights, refusal
from nba_training.ope.estimators import Terms
from nba_training.ope.influence import influence, influence_difference
from nba_training.ope.intervals import DRAWS, Estimate, bounds, resampled
from nba_training.ope.log import Floats, LoggedFeedback
from nba_training.ope.policy import Policy, unsupported
from nba_training.ope.reward_model import RewardModelSettings, cross_fitted
from nba_training.ope.slate import Slate, cascaded, earlier_weights
from nba_training.ope.tuning import shrinkage, switch_tau

MAX_SUBSTITUTED = 0.01
BOOTSTRAP_CUSTOMERS = 20_000
"""With more customers the influence function's interval is used: equal to the bootstrap's, and far cheaper."""
_CERTAIN = 1 - 1e-9
DEFAULT = ("snips", "dr")
"""The estimators that decide; the others are there to be compared with them."""


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """How to estimate. `level` of the intervals; `draws` bootstrap samples over customers, of whom there are no more than
    `bootstrap_customers`. `only`: the estimators that are wanted; empty: all.
    """

    slate: Slate = Slate.INDEPENDENT
    draws: int = DRAWS
    level: float = 0.95
    seed: int = 20240229
    bootstrap_customers: int = BOOTSTRAP_CUSTOMERS
    only: tuple[str, ...] = ()
    model: RewardModelSettings = field(default_factory=RewardModelSettings)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A policy on a log: its terms by estimator, and what its weights are like."""

    terms: Mapping[str, Terms]
    diagnostics: Diagnostics


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`estimates` and `difference` by estimator; empty when `refused` says why. `versus`: diagnostics of the other policy.

    `seen_in_training` choices are no later than what a model among the policies was trained on.
    """

    n: int
    estimates: Mapping[str, Estimate]
    difference: Mapping[str, Estimate] | None
    diagnostics: Diagnostics
    left_out: LeftOut
    refused: str | None
    versus: Diagnostics | None = None
    seen_in_training: int = 0


def evaluate(
    choices: Choices,
    left_out: LeftOut,
    policy: Policy,
    versus: Policy | None = None,
    settings: EvaluationSettings | None = None,
) -> Evaluation:
    """Estimates the policy's value, and its difference to `versus` on the same resampled customers."""
    settings = settings or EvaluationSettings()
    policies = [policy] if versus is None else [policy, versus]
    chances = [item.chances(choices) for item in policies]
    found = [diagnose(choices, chance, settings.slate) for chance in chances]
    refused = _refusal(choices, left_out, policies, found)
    other = found[1] if versus is not None else None
    if refused is not None:
        return Evaluation(len(choices), {}, None, found[0], left_out, refused, other)
    q = cross_fitted(choices, settings.model)
    terms = [weigh(choices, chance, q, settings.slate, settings.only) for chance in chances]
    estimates, difference = _intervals(choices, terms, settings)
    return Evaluation(len(choices), estimates, difference, found[0], left_out, None, other)


def feedback(choices: Choices, chances: Floats) -> LoggedFeedback:
    """The choices with a policy, as the estimators read them."""
    return LoggedFeedback(choices.chosen, choices.reward, choices.pick_probability, chances, choices.customer)


def diagnose(choices: Choices, chances: Floats, slate: Slate) -> Diagnostics:
    """Diagnostics over the choices that were choices: with one candidate only, every policy does the same."""
    weights = feedback(choices, chances).weights
    if slate is Slate.CASCADE:
        weights = weights * earlier_weights(weights, choices.slate, choices.position)
    real = choices.present.sum(axis=1) > 1
    return of_weights(weights[real], unsupported=unsupported(choices, chances))


def weigh(choices: Choices, chances: Floats, q: Floats, slate: Slate, only: tuple[str, ...] = ()) -> dict[str, Terms]:
    """The terms of every estimator, or of some."""
    log = feedback(choices, chances)
    makers: dict[str, Callable[[], Terms]] = {
        "ips": lambda: estimators.ips(log),
        "snips": lambda: estimators.snips(log),
        "dm": lambda: estimators.direct(log, q),
        "dr": lambda: estimators.doubly_robust(log, q),
        "switch_dr": lambda: estimators.switch_doubly_robust(log, q, tau=switch_tau(log, q, choices.logged)),
        "dros": lambda: estimators.shrunk_doubly_robust(log, q, lam=shrinkage(log, q, choices.logged)),
    }
    terms = {name: make() for name, make in makers.items() if not only or name in only}
    wanted = not only or "replay" in only
    if wanted and slate is Slate.INDEPENDENT and bool((chances.max(axis=1) > _CERTAIN).all()):
        terms["replay"] = estimators.replay(
            log
        )  # of a policy that does one thing; of a mixture it would be another's value
    if slate is Slate.INDEPENDENT:
        return terms
    earlier = earlier_weights(log.weights, choices.slate, choices.position)
    return {name: cascaded(item, earlier, normalised=name == "snips") for name, item in terms.items()}


def _intervals(
    choices: Choices, terms: list[dict[str, Terms]], settings: EvaluationSettings
) -> tuple[dict[str, Estimate], dict[str, Estimate] | None]:
    mine, other = terms[0], terms[1] if len(terms) > 1 else {}
    shared = [name for name in mine if name in other]
    customer, level = choices.customer, settings.level
    if len(np.unique(customer)) > settings.bootstrap_customers:
        estimates = {name: influence(item, customer, level=level) for name, item in mine.items()}
        gaps = {name: influence_difference(mine[name], other[name], customer, level=level) for name in shared}
    else:
        flat = [*mine.values(), *(other[name] for name in shared)]
        drawn = resampled(flat, customer, settings.seed, settings.draws)
        first, second = dict(zip(mine, drawn, strict=False)), dict(zip(shared, drawn[len(mine) :], strict=True))
        estimates = {name: Estimate(item.value, *bounds(first[name], level)) for name, item in mine.items()}
        gaps = {
            name: Estimate(mine[name].value - other[name].value, *bounds(first[name] - second[name], level))
            for name in shared
        }
    return estimates, gaps if len(terms) > 1 else None


def _refusal(choices: Choices, left_out: LeftOut, policies: list[Policy], found: list[Diagnostics]) -> str | None:
    if not len(choices):
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.reasons.items())
        return f"the log has no choice that could be evaluated ({reasons or 'it is empty'})"
    if left_out.share > MAX_SUBSTITUTED:
        return (
            f"{left_out.substituted:,} choices ({left_out.share:.1%}) lost the race for the contact and were substituted, more "
            f"than {MAX_SUBSTITUTED:.0%}: what is left is no fair sample"
        )
    for policy, diagnostics in zip(policies, found, strict=True):
        reason = refusal(diagnostics)
        if reason is not None:
            return f"{policy.name}: {reason}"
    return None
