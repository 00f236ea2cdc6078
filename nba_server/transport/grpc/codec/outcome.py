"""Outcomes."""

from __future__ import annotations

from nba_server.application.record_outcomes import OutcomeCommand, OutcomeResult, OutcomeStatus
from nba_server.domain.outcome import OutcomeEvent, OutcomeType
from nba_server.errors import InvalidArgument, Violation
from nba_server.pb import outcome_pb2
from nba_server.transport.grpc.codec.values import milliseconds

_PREFIX = "OUTCOME_TYPE_"
_TYPES = {outcome_pb2.OutcomeType.Value(_PREFIX + kind.name): kind for kind in OutcomeType}
_STATUSES = {status: f"OUTCOME_STATUS_{status.name}" for status in OutcomeStatus}


def outcome_command(message: outcome_pb2.Outcome, caller: str) -> OutcomeCommand:
    """The outcome as it arrived. Raises `InvalidArgument` without a type that this server knows."""
    kind = _TYPES.get(message.type)
    if kind is None:
        raise InvalidArgument([Violation("type", f"must be one of {', '.join(known.name for known in OutcomeType)}")])
    event = OutcomeEvent(
        type=kind,
        decision_id=message.decision_id,
        contact_id=message.contact_id,
        action=message.action,
        event_id=message.event_id,
        occurred_ms=milliseconds(message.occurred_at),
        value=message.value if message.HasField("value") else None,
        product=message.product,
        reason=message.reason,
        withdraws=message.withdraws,
    )
    return OutcomeCommand(event, caller, message.customer_id)


def to_outcome_result(result: OutcomeResult) -> outcome_pb2.OutcomeResult:
    """What it did; a refusal as `REASON: sentence`."""
    return outcome_pb2.OutcomeResult(
        status=_STATUSES[result.status],
        effects=result.effects,
        error=f"{result.error.reason}: {result.error.message}" if result.error else "",
    )
