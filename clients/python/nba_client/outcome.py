"""Outcomes: what became of proposed actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from nba_client.call import Call
from nba_client.decision import Decision, RankedAction
from nba_client.pb import outcome_pb2
from nba_client.value import to_timestamp


class OutcomeType(StrEnum):
    """What happened. The list is closed."""

    SENT = "sent"
    DELIVERED = "delivered"
    IMPRESSION = "impression"
    CLICKED = "clicked"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    MAYBE_LATER = "maybe_later"
    CONVERTED = "converted"
    NO_RESPONSE = "no_response"
    NOT_MENTIONED = "not_mentioned"
    DELIVERY_FAILED = "delivery_failed"
    OPTED_OUT = "opted_out"
    COMPLAINT = "complaint"
    SCORE = "score"
    WITHDRAWN = "withdrawn"


class OutcomeStatus(StrEnum):
    """How an outcome was taken. REPEATED: known already, nothing changed."""

    UNSPECIFIED = "unspecified"
    RECORDED = "recorded"
    REPEATED = "repeated"
    RECORDED_LATE = "recorded_late"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that happened to an action of a decision, or to a contact made elsewhere (then with its customer)."""

    type: OutcomeType | str
    decision_id: str = ""
    action: str = ""
    contact_id: str = ""
    customer_id: str = ""
    event_id: str = ""
    occurred_at: datetime | None = None
    value: float | None = None
    product: str = ""
    reason: str = ""
    withdraws: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    """What one outcome did; `effects` in words. `error` is `REASON: sentence` for a refused one of a batch."""

    status: OutcomeStatus
    effects: tuple[str, ...] = ()
    error: str = ""


def outcome_of(
    decision: Decision | str, action: RankedAction | str, outcome_type: OutcomeType | str, **details: Any
) -> Outcome:
    """The outcome for a decision or its id, and an action or its id."""
    decision_id = decision.decision_id if isinstance(decision, Decision) else decision
    if not decision_id:
        raise ValueError("decision: a preview has no id and takes no outcomes; decide without preview")
    action_id = action.action if isinstance(action, RankedAction) else action
    return Outcome(outcome_type, decision_id, action_id, **details)


def outcome_call(outcome: Outcome) -> Call[OutcomeResult]:
    """The call of `RecordOutcome`."""
    request = outcome_pb2.RecordOutcomeRequest(outcome=_outcome(outcome))
    answer = outcome_pb2.RecordOutcomeResponse
    return Call("OutcomeService", "RecordOutcome", request, answer, lambda message: _result(message.result), "write")


def outcomes_call(outcomes: Sequence[Outcome]) -> Call[list[OutcomeResult]]:
    """The call of `RecordOutcomes`."""
    request = outcome_pb2.RecordOutcomesRequest(outcomes=[_outcome(item) for item in outcomes])
    answer = outcome_pb2.RecordOutcomesResponse
    return Call("OutcomeService", "RecordOutcomes", request, answer, lambda message: _results(message), "batch")


def _outcome(outcome: Outcome) -> outcome_pb2.Outcome:
    name = OutcomeType(outcome.type).name
    return outcome_pb2.Outcome(
        decision_id=outcome.decision_id,
        contact_id=outcome.contact_id,
        customer_id=outcome.customer_id,
        action=outcome.action,
        type=f"OUTCOME_TYPE_{name}",
        event_id=outcome.event_id,
        occurred_at=to_timestamp("occurred_at", outcome.occurred_at),
        value=outcome.value,
        product=outcome.product,
        reason=outcome.reason,
        withdraws=outcome.withdraws,
    )


def _results(message: Any) -> list[OutcomeResult]:
    return [_result(item) for item in message.results]


def _result(message: Any) -> OutcomeResult:
    name = outcome_pb2.OutcomeStatus.Name(message.status)
    return OutcomeResult(OutcomeStatus[name.removeprefix("OUTCOME_STATUS_")], tuple(message.effects), message.error)
