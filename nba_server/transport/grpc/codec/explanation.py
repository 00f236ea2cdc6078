"""Explanations of decisions."""

from __future__ import annotations

from nba_server.application.explain import Explanation
from nba_server.domain.contribution import ActionScore
from nba_server.domain.trace import ActionTrace
from nba_server.pb import decision_pb2, reason_pb2
from nba_server.transport.grpc.codec.answer import factors
from nba_server.transport.grpc.codec.reason import to_reason
from nba_server.transport.grpc.codec.values import to_value


def to_explanation(explanation: Explanation) -> decision_pb2.GetDecisionResponse:
    """The answer as it was given, and what happened to every action."""
    given = explanation.decision.input
    return decision_pb2.GetDecisionResponse(
        decision=decision_pb2.DecideResponse.FromString(explanation.answer),
        trace=[_trace(action) for action in explanation.trace],
        identical=explanation.identical,
        differences=explanation.differences,
        seed=given.seed,
        channel=given.request.channel,
        context={name: to_value(value) for name, value in given.request.context.items()},
        scores=[_score(found) for found in explanation.scores],
        scores_missing=explanation.scores_missing,
    )


def _score(found: ActionScore) -> decision_pb2.ActionScore:
    return decision_pb2.ActionScore(
        placement=found.placement,
        action=found.action,
        contributions=[
            decision_pb2.Contribution(
                feature=item.feature,
                title=item.title,
                value=None if item.value is None else to_value(item.value),
                log_odds=item.log_odds,
                text=item.text,
            )
            for item in found.contributions
        ],
        base=found.parts.base,
        raw_score=found.parts.raw_score,
        predicted=found.parts.predicted,
        explored=found.explored,
    )


def _trace(action: ActionTrace) -> decision_pb2.ActionTrace:
    return decision_pb2.ActionTrace(
        placement=action.placement,
        action=action.action,
        stage=reason_pb2.Stage.Name(action.stage.value),
        reasons=[to_reason(reason) for reason in action.reasons],
        propensity=action.propensity,
        priority=action.priority,
        factors=factors(action.candidate) if action.candidate else None,
        features={name: to_value(value) for name, value in action.features.items()},
        shadows=[to_reason(reason) for reason in action.shadows],
    )
