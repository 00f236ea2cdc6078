"""Explanations: the trace of a decision, recomputed by the server from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nba_client.call import Call
from nba_client.decision import Decision, Factors, Reason, read_decision, read_factors, read_reason, read_stage
from nba_client.pb import decision_pb2
from nba_client.value import Value, from_value, from_values


@dataclass(frozen=True, slots=True)
class ActionTrace:
    """What happened to one action in one placement; numbers are None when it was removed before they were computed.

    `shadows`: limits in shadow mode that would have removed it.
    """

    placement: str
    action: str
    stage: str
    reasons: tuple[Reason, ...]
    propensity: float | None
    priority: float | None
    factors: Factors | None
    features: Mapping[str, Value]
    shadows: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Contribution:
    """One feature's share of a score, in log odds; above 0 it speaks for the action. `value` is None when it was missing."""

    feature: str
    title: str
    value: Value | None
    log_odds: float
    text: str


@dataclass(frozen=True, slots=True)
class ActionScore:
    """Why the model scored a proposed action as it did; strongest first. `base` + all contributions = `raw_score`, in log odds.

    `predicted` is the calibrated probability; the propensity is that, smoothed towards the prior. `explored`: chosen to
    learn, the score is not why it was proposed.
    """

    placement: str
    action: str
    contributions: tuple[Contribution, ...]
    base: float
    raw_score: float
    predicted: float
    explored: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with every action of the catalogue. `identical`: the recomputation equals the journal bit for bit.

    `scores` are there when they were asked for, else `scores_missing` says why not.
    """

    decision: Decision
    trace: tuple[ActionTrace, ...]
    identical: bool
    differences: tuple[str, ...]
    seed: int
    channel: str
    context: Mapping[str, Value]
    scores: tuple[ActionScore, ...] = ()
    scores_missing: str = ""


def explain_call(decision_id: str, *, scores: bool = False) -> Call[Explanation]:
    """The call of `GetDecision`."""
    request = decision_pb2.GetDecisionRequest(decision_id=decision_id, scores=scores)
    return Call("DecisionService", "GetDecision", request, decision_pb2.GetDecisionResponse, _explanation, "read")


def _explanation(message: Any) -> Explanation:
    return Explanation(
        decision=read_decision(message.decision),
        trace=tuple(_trace(item) for item in message.trace),
        identical=message.identical,
        differences=tuple(message.differences),
        seed=message.seed,
        channel=message.channel,
        context=from_values(message.context),
        scores=tuple(_score(item) for item in message.scores),
        scores_missing=message.scores_missing,
    )


def _score(message: Any) -> ActionScore:
    return ActionScore(
        placement=message.placement,
        action=message.action,
        contributions=tuple(
            Contribution(
                item.feature,
                item.title,
                from_value(item.value) if item.HasField("value") else None,
                item.log_odds,
                item.text,
            )
            for item in message.contributions
        ),
        base=message.base,
        raw_score=message.raw_score,
        predicted=message.predicted,
        explored=message.explored,
    )


def _trace(message: Any) -> ActionTrace:
    return ActionTrace(
        placement=message.placement,
        action=message.action,
        stage=read_stage(message.stage),
        reasons=tuple(read_reason(item) for item in message.reasons),
        propensity=message.propensity if message.HasField("propensity") else None,
        priority=message.priority if message.HasField("priority") else None,
        factors=read_factors(message.factors) if message.HasField("factors") else None,
        features=from_values(message.features),
        shadows=tuple(read_reason(item) for item in message.shadows),
    )
