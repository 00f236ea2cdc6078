"""Requests for decisions."""

from __future__ import annotations

from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.codec.values import milliseconds, scalars


def decision_request(message: decision_pb2.DecideRequest) -> DecisionRequest:
    """The request as it arrived, unchecked."""
    return DecisionRequest(
        customer_id=message.customer_id,
        visitor_id=message.visitor_id,
        channel=message.channel,
        placements=tuple(PlacementRequest(p.placement, p.slots, p.width, p.height) for p in message.placements),
        context=scalars(message.context) if message.context else {},
        request_id=message.request_id,
        excluded_actions=tuple(message.excluded_actions),
        preview=message.preview,
        supersedes=message.supersedes,
        deferred=message.defer_activation,
        planned_ms=milliseconds(message.planned_at) if message.HasField("planned_at") else 0,
    )
