"""Stage 8: priority = P x C x V x L, compared as the sum of logarithms.

V is the catalogue's value, or what the model has learned where its definition asks for that. C = 1 + matching context
weights / 100 and L = 1 + (issue + group + action weight) / 100, each within [0.1, 10]; L at or below zero removes. Mandatory
actions have a fixed priority above all others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from nba_server.domain.action import ContextWeight
from nba_server.domain.funnel.batch import Batch
from nba_server.domain.funnel.work import Floats, Site, Work
from nba_server.domain.plan import Mask
from nba_server.domain.profile import Scalar
from nba_server.domain.reasons import Reason, ReasonCode, Stage
from nba_server.domain.worth import FACTOR_MAX, FACTOR_MIN, VALUE_FLOOR, logarithms, product

MANDATORY_PRIORITY = 1e12


def run(works: Batch) -> None:
    """Fills in the factors and removes what has no lever or no value."""
    rows, plan, catalog = works.scored, works.plan, works.catalog
    works.remove(Stage.ARBITRATION, catalog.without_lever | catalog.without_value)
    factors, actions, worth = rows.factors, rows.actions, catalog.worth
    factors.value[:], factors.lever[:] = worth.values[actions], worth.levers[actions]
    log_value = worth.log_values[actions]
    for part, learned in works.learned_values:
        known = np.maximum(learned, VALUE_FLOOR)  # NaN stays
        factors.value[part] = np.where(np.isfinite(known), known, factors.value[part])
        log_value[part] = logarithms(factors.value[part])
    log_priority = logarithms(factors.propensity)
    if plan.context_weights:
        for work in works:
            if work.scored:
                work.factors.context[:] = _context_weights(work)[work.reached]
        log_priority += logarithms(factors.context)
    log_priority += log_value
    log_priority += worth.log_levers[actions]
    mandatory = plan.mandatory[actions]
    factors.log_priority[:] = np.where(mandatory, math.log(MANDATORY_PRIORITY), log_priority)
    found = product((factors.propensity, factors.context, factors.value, factors.lever))
    factors.priority[:] = np.where(mandatory, MANDATORY_PRIORITY, found)


def explain(work: Work, site: Site, action: int) -> tuple[Reason, ...]:
    """All reasons of this stage for one action."""
    found = []
    if work.catalog.without_lever[action]:
        text = f"Its weights add up to {work.catalog.actions[action].weights:g} %, which leaves no lever."
        found.append(Reason(ReasonCode.LEVER_ZERO, Stage.ARBITRATION, text))
    if work.catalog.without_value[action]:
        text = "It is worth nothing, and is neither mandatory nor a service."
        found.append(Reason(ReasonCode.VALUE_ZERO, Stage.ARBITRATION, text))
    return tuple(found)


def matching(work: Work) -> list[tuple[ContextWeight, Mask]]:
    """The context weights that the live context meets, with the actions they weigh."""
    weights = work.plan.context_weights
    return [weights[place] for place in met(weights, work.input.request.context)]


def met(weights: Sequence[tuple[ContextWeight, Mask]], context: Mapping[str, Scalar]) -> list[int]:
    """The places of the weights that a live context meets."""
    if not context:
        return []
    return [place for place, (weight, _) in enumerate(weights) if _met(weight, context.get(weight.key))]


def _met(weight: ContextWeight, actual: Scalar | None) -> bool:
    return actual == weight.value or (isinstance(actual, tuple) and weight.value in actual)


def _context_weights(work: Work) -> Floats:
    total = np.zeros(len(work.catalog.actions))
    for weight, mask in matching(work):
        total[mask] += weight.percent
    return np.asarray(np.clip(1.0 + total / 100.0, FACTOR_MIN, FACTOR_MAX))
