"""Decisions: what to propose to a customer now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nba_client.call import Call, word
from nba_client.pb import decision_pb2, reason_pb2
from nba_client.value import Value, from_timestamp, optional_moment, texts, to_timestamp, to_values


@dataclass(frozen=True, slots=True)
class Slot:
    """A placement with its room: at most `slots` actions (0: the placement's own number), pixels (0: unknown)."""

    placement: str
    slots: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code for programs, a sentence for people, the funnel's stage, and what it refers to."""

    code: str
    stage: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Factors:
    """Priority = propensity x context_weight x value x lever."""

    propensity: float
    context_weight: float
    value: float
    lever: float


@dataclass(frozen=True, slots=True)
class RankedAction:
    """One proposed action. `propensity`: the model's P(positive outcome); `pick_probability`: the policy's chance of the pick."""

    placement: str
    rank: int
    action: str
    group: str
    issue: str
    title: str
    treatment: str
    content: Mapping[str, str]
    propensity: float
    priority: float
    factors: Factors
    pick_probability: float
    explored: bool
    substituted: bool
    fallback: bool
    reasons: tuple[Reason, ...]
    reserved_until: datetime | None


@dataclass(frozen=True, slots=True)
class NoOffer:
    """Why a placement stays empty; a normal answer."""

    placement: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """The ranked actions, or the reasons why there are none. `request_id` is the one sent; a repeat gives this answer again."""

    decision_id: str
    request_id: str
    decided_at: datetime
    preview: bool
    catalog_hash: str
    model_version: str
    actions: tuple[RankedAction, ...]
    no_offers: tuple[NoOffer, ...]

    def best(self, placement: str = "") -> RankedAction | None:
        """The best action (of a placement), or None."""
        return next((action for action in self.actions if placement in ("", action.placement)), None)


def decide_call(
    customer_id: str,
    *,
    visitor_id: str,
    channel: str,
    placements: Sequence[str | Slot],
    context: Mapping[str, Value] | None,
    request_id: str | None,
    excluded_actions: Sequence[str],
    preview: bool,
    supersedes: Decision | str,
    defer_activation: bool,
    planned_at: datetime | None = None,
) -> Call[Decision]:
    """The call of `Decide`. It always has a request id, so that it may be repeated."""
    if isinstance(placements, str):
        raise TypeError(f"placements: give a list, e.g. [{placements!r}]")
    sent_id = request_id or uuid.uuid4().hex
    request = decision_pb2.DecideRequest(
        customer_id=customer_id,
        visitor_id=visitor_id,
        channel=channel,
        placements=[_placement(item) for item in placements],
        context=to_values("context", context),
        request_id=sent_id,
        excluded_actions=texts("excluded_actions", excluded_actions),
        preview=preview,
        supersedes=supersedes if isinstance(supersedes, str) else supersedes.decision_id,
        defer_activation=defer_activation,
        planned_at=to_timestamp("planned_at", planned_at),
        call_id=uuid.uuid4().hex,
    )
    answer = decision_pb2.DecideResponse
    return Call(
        "DecisionService",
        "Decide",
        request,
        answer,
        lambda message: read_decision(message, sent_id),
        "decide",
        undo=_release_call(request),
    )


def _release_call(request: decision_pb2.DecideRequest) -> Call[bool] | None:
    """The call of `ReleaseDecision` that takes `Decide` back; None where nothing is held."""
    if request.preview or not (request.customer_id or request.visitor_id):
        return None
    gone = decision_pb2.ReleaseDecisionRequest(
        customer_id=request.customer_id,
        visitor_id=request.visitor_id,
        request_id=request.request_id,
        call_id=request.call_id,
    )
    answer = decision_pb2.ReleaseDecisionResponse
    return Call("DecisionService", "ReleaseDecision", gone, answer, lambda message: bool(message.released), "write")


def activate_call(decision: Decision | str, actions: Sequence[str]) -> Call[list[str]]:
    """The call of `ActivateDecision`; the actions whose contacts count by it."""
    decision_id = decision if isinstance(decision, str) else decision.decision_id
    request = decision_pb2.ActivateDecisionRequest(decision_id=decision_id, actions=texts("actions", actions))
    answer = decision_pb2.ActivateDecisionResponse
    return Call(
        "DecisionService", "ActivateDecision", request, answer, lambda message: list(message.activated), "write"
    )


def _placement(item: str | Slot) -> decision_pb2.PlacementRequest:
    slot = Slot(item) if isinstance(item, str) else item
    return decision_pb2.PlacementRequest(
        placement=slot.placement, slots=slot.slots, width=slot.width, height=slot.height
    )


def read_decision(message: Any, request_id: str = "") -> Decision:
    """A `DecideResponse` as a record."""
    return Decision(
        decision_id=message.decision_id,
        request_id=request_id,
        decided_at=from_timestamp(message.decided_at),
        preview=message.preview,
        catalog_hash=message.catalog_hash,
        model_version=message.model_version,
        actions=tuple(_action(item) for item in message.actions),
        no_offers=tuple(NoOffer(item.placement, read_reason(item.reason)) for item in message.no_offers),
    )


def _action(message: Any) -> RankedAction:
    return RankedAction(
        placement=message.placement,
        rank=message.rank,
        action=message.action,
        group=message.group,
        issue=message.issue,
        title=message.title,
        treatment=message.treatment,
        content={name: message.content[name] for name in sorted(message.content)},
        propensity=message.propensity,
        priority=message.priority,
        factors=read_factors(message.factors),
        pick_probability=message.pick_probability,
        explored=message.explored,
        substituted=message.substituted,
        fallback=message.fallback,
        reasons=tuple(read_reason(item) for item in message.reasons),
        reserved_until=optional_moment(message, "reserved_until"),
    )


def read_factors(message: Any) -> Factors:
    """`PriorityFactors` as a record."""
    return Factors(message.propensity, message.context_weight, message.value, message.lever)


def read_reason(message: Any) -> Reason:
    """A `Reason` as a record; the stage is its word in lower case."""
    return Reason(message.code, read_stage(message.stage), message.text, message.subject)


def read_stage(number: int) -> str:
    """`STAGE_CONTACT_POLICY` -> `contact_policy`; a stage of a newer server is its number."""
    known = reason_pb2.Stage.DESCRIPTOR.values_by_number.get(number)
    return word(known.name, "STAGE_") if known is not None else str(number)
