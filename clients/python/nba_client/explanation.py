"""Explanations: the trace of a decision, recomputed by the server from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nba_client.call import Call
from nba_client.decision import Decision, Factors, Reason, read_decision, read_factors, read_reason, read_stage
from nba_client.pb import decision_pb2
from nba_client.value import Value, from_values


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
class Explanation:
    """A decision with every action of the catalogue. `identical`: the recomputation equals the journal bit for bit."""

    decision: Decision
    trace: tuple[ActionTrace, ...]
    identical: bool
    differences: tuple[str, ...]
    seed: int
    channel: str
    context: Mapping[str, Value]


def explain_call(decision_id: str) -> Call[Explanation]:
    """The call of `GetDecision`."""
    request = decision_pb2.GetDecisionRequest(decision_id=decision_id)
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
