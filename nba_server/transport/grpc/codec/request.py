"""Requests for decisions."""

from __future__ import annotations

from functools import lru_cache

from nba_server.domain.decision import DecisionRequest, PlacementRequest
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.codec.values import milliseconds, scalars

_Asked = tuple[tuple[str, int, int, int], ...]


def decision_request(message: decision_pb2.DecideRequest) -> DecisionRequest:
    """The request as it arrived, unchecked."""
    return DecisionRequest(
        message.customer_id,
        message.visitor_id,
        message.channel,
        _placements(tuple([(p.placement, p.slots, p.width, p.height) for p in message.placements])),
        scalars(message.context) if message.context else {},
        message.request_id,
        tuple(message.excluded_actions) if message.excluded_actions else (),
        message.preview,
        message.supersedes,
        message.defer_activation,
        milliseconds(message.planned_at) if message.HasField("planned_at") else 0,
    )


@lru_cache(maxsize=1_024)
def _placements(asked: _Asked) -> tuple[PlacementRequest, ...]:
    """Equal ones are the same object: callers ask for few, again and again."""
    return tuple(PlacementRequest(*one) for one in asked)
