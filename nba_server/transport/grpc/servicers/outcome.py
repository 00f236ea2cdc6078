"""OutcomeService."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

from nba_server.application.record_outcomes import OutcomeCommand, OutcomeResult, OutcomeStatus
from nba_server.pb import outcome_pb2
from nba_server.transport.grpc.call import Call, Caller
from nba_server.transport.grpc.codec.outcome import outcome_command, to_outcome_result
from nba_server.transport.grpc.ownership import Ownership
from nba_server.transport.grpc.servicers.batches import each, under

Record = Callable[[Sequence[OutcomeCommand]], Awaitable[list[OutcomeResult]]]
"""`RecordOutcomes`, or what stands in for it."""


class OutcomeServicer:
    """Takes in what became of proposed actions."""

    def __init__(self, record: Record, own: Ownership) -> None:
        self._record = record
        self._own = own

    async def record_outcome(
        self, request: outcome_pb2.RecordOutcomeRequest, call: Call
    ) -> outcome_pb2.RecordOutcomeResponse:
        """One outcome; a refusal is the call's error."""
        call.decision_id = request.outcome.decision_id
        result = (await self._recorded([request.outcome], call))[0]
        if result.error is not None:
            raise under("outcome", result.error)
        return outcome_pb2.RecordOutcomeResponse(result=to_outcome_result(result))

    async def record_outcomes(
        self, request: outcome_pb2.RecordOutcomesRequest, call: Call
    ) -> outcome_pb2.RecordOutcomesResponse:
        """Many outcomes; each has a result."""
        results = await self._recorded(request.outcomes, call)
        return outcome_pb2.RecordOutcomesResponse(results=[to_outcome_result(result) for result in results])

    async def _recorded(self, messages: Iterable[outcome_pb2.Outcome], call: Call) -> list[OutcomeResult]:
        messages = list(messages)
        own = await self._own.decisions([message.decision_id for message in messages], call.caller)
        return await each(
            messages,
            lambda message: self._command(message, call.caller, own),
            self._record,
            lambda error: OutcomeResult(OutcomeStatus.REFUSED, error=error),
        )

    def _command(self, message: outcome_pb2.Outcome, caller: Caller, own: frozenset[str]) -> OutcomeCommand:
        self._own.outcome(message, caller, own)
        return outcome_command(message, caller.name)
