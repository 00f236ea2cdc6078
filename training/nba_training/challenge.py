"""Fits the challenger and compares it with what serves, on rows and choices later than any it learned from."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nba_models.definition import Gates, ModelDefinition, Tuning
from nba_models.features import Floats
from nba_models.scorer import LoadedModel
from nba_training import gate
from nba_training.changes import Changes, changes
from nba_training.dataset import Dataset
from nba_training.evaluate import measure
from nba_training.fit import fit
from nba_training.gate import Check
from nba_training.health import Health, look
from nba_training.leaks import seen_and_new
from nba_training.live import Opponent, propensity
from nba_training.ope.choices import Choices, LeftOut
from nba_training.ope.policy import ByPriority, Policy
from nba_training.policies import of_model
from nba_training.report import Comparison
from nba_training.source import Watch
from nba_training.split import Parts
from nba_training.tune import Tuned, tune
from nba_training.value_fit import ValueFound, judge_values
from nba_training.value_gate import Judged, judge_value

_LATENCY_ROWS, _LATENCY_TURNS = 100, 25
_LEAST_ALPHA = 1e-12
"""Seven standard errors: what a run right after another must show."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A fitted challenger, compared."""

    model: LoadedModel
    files: Mapping[str, bytes]
    comparison: Comparison
    judged: Judged
    checks: tuple[Check, ...]
    health: Health
    changes: Changes
    tuned: Tuned | None = None
    values: ValueFound | None = None


def challenge(
    definition: ModelDefinition,
    parts: Parts,
    live: Opponent,
    log: tuple[Choices, LeftOut],
    alpha: float,
    watch: Watch,
    tuning: Tuning | None = None,
    cluster: str = "",
) -> Trained:
    """`log`: the choices of the test's time. `alpha`: the chance of a false promotion that this run may take.

    `tuning`: a budget in place of the definition's. `cluster`: where the trees are grown; empty: here.
    """
    budget = tuning or definition.tune
    tuned = tune(definition, parts.fit, budget, watch) if budget else None
    watch.step("Fitting")
    model, files = fit(definition, parts, watch, tuned.parameters if tuned is not None else None, cluster)
    watch.step("Comparing with the live model")
    gates, test = definition.gates, parts.test
    mine, theirs = propensity(model, test), live.propensity(test)
    confidence = max(gates.confidence, 1.0 - max(alpha, _LEAST_ALPHA))
    found = _compared(live, parts, (mine, theirs), definition, confidence)
    policies = (of_model("challenger", model), _policy(live))
    judged = judge_value(
        *log,
        *policies,
        gates,
        alpha=1.0 - confidence,
        seed=definition.fit.seed,
    )
    likelihood = gate.better(found.gain, confidence, live.version)
    values = judge_values(model, test)
    checks = (
        *seen_and_new(mine, parts, gates.seen_gap),
        *gate.sound(found.challenger, found.live, found.base, gates),
        *(judged.checks if judged.evaluation is not None else (likelihood,)),
        *((values.check(),) if values is not None else ()),
        _latency(model, test, gates),
    )
    health = look(parts, log[0], propensity(model, parts.fit), mine)
    differ = changes(log[0], policies, (model, live.model), (mine, theirs), test.positive)
    return Trained(model, files, found, judged, checks, health, differ, tuned, values)


def _compared(
    live: Opponent,
    parts: Parts,
    scores: tuple[Floats, Floats],
    definition: ModelDefinition,
    confidence: float,
) -> Comparison:
    """Both models and the base rate on the test rows; the challenger's scores first."""
    (mine, theirs), test = scores, parts.test
    learned = np.concatenate([parts.fit.positive, parts.calibrate.positive])
    gates, seed = definition.gates, definition.fit.seed
    return Comparison(
        propensity=mine,
        challenger=measure(mine, test.positive),
        live=measure(theirs, test.positive),
        live_version=live.version,
        live_damaged=live.damaged,
        base=measure(np.full(len(test), float(learned.mean())), test.positive),
        gain=gate.gain_over(theirs, mine, test.positive, test.customer, gates, seed=seed, confidence=confidence),
    )


def _policy(live: Opponent) -> Policy:
    return of_model("live", live.model) if live.model is not None else ByPriority("live", _prior)


def _prior(choices: Choices) -> Floats:
    return choices.prior


def _latency(model: LoadedModel, test: Dataset, gates: Gates) -> Check:
    """The median time to score a hundred candidates, here."""
    part = test.take(np.resize(np.arange(min(len(test), _LATENCY_ROWS)), _LATENCY_ROWS).astype(np.int64))
    took = []
    for _ in range(_LATENCY_TURNS):
        began = time.perf_counter()
        propensity(model, part)
        took.append((time.perf_counter() - began) * 1000)
    median = float(np.median(took))
    return Check(
        "time to score 100 candidates",
        median <= gates.latency_ms,
        f"{median:.2f} ms here",
        f"at most {gates.latency_ms:g} ms",
    )
