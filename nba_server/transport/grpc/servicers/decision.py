"""DecisionService."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nba_server.application.activate import ActivateDecision
from nba_server.application.batching import Batcher
from nba_server.application.decide import DecideCommand, DecideResult
from nba_server.application.explain import Explain
from nba_server.application.release_decision import ReleaseDecision
from nba_server.pb import decision_pb2
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.codec.answer import decision_id_of
from nba_server.transport.grpc.codec.explanation import to_explanation
from nba_server.transport.grpc.codec.request import decision_request
from nba_server.transport.grpc.endpoints import Ended, EndedAll, UnderWay
from nba_server.transport.grpc.ownership import Ownership

Asked = tuple[Call, decision_pb2.DecideRequest | DecideCommand]
Known = Callable[[bytes, str], DecideCommand | None]
"""Takes a request's bytes and the caller's name."""


class DecisionServicer:
    """Decides what to propose, and explains what was decided."""

    def __init__(
        self,
        decide: Batcher[DecideCommand, DecideResult],
        explain: Explain,
        activate: ActivateDecision,
        release: ReleaseDecision,
        own: Ownership,
        known: Known | None = None,
    ) -> None:
        """`known` reads requests that are like earlier ones, faster than by way of messages."""
        self._known = known
        self._release = release
        self._own = own
        self._decide = decide
        self._explain = explain
        self._activate = activate

    async def decide(self, request: decision_pb2.DecideRequest, call: Call) -> bytes:
        """The answer's bytes as the store keeps them, untouched."""
        return _answer(await self._decide.submit(self._command(request, call)), call)

    def known_decide(self, data: bytes, call: Call) -> DecideCommand | None:
        """The command of a request that needs no message."""
        return None if self._known is None or call.caller.subject is not None else self._known(data, call.caller.name)

    def start_decide(self, request: decision_pb2.DecideRequest | DecideCommand, call: Call, ended: Ended) -> UnderWay:
        """As `decide`, told to `ended`."""

        def told(result: DecideResult | BaseException) -> None:
            ended(result if isinstance(result, BaseException) else _answer(result, call))

        command = request if isinstance(request, DecideCommand) else self._command(request, call)
        return self._decide.put(command, told)

    def start_all_decide(self, ended: EndedAll) -> Callable[[Sequence[Asked]], list[tuple[Call, UnderWay]]]:
        """What starts several decisions, whose ends are told together."""

        def told(results: Sequence[tuple[Call, DecideResult | BaseException]]) -> None:
            ended([(call, _answer(one, call) if isinstance(one, DecideResult) else one) for call, one in results])

        def start(asked: Sequence[Asked]) -> list[tuple[Call, UnderWay]]:
            commands: list[tuple[Call, DecideCommand]] = []
            for call, request in asked:
                if isinstance(request, DecideCommand):
                    commands.append((call, request))
                    continue
                try:
                    commands.append((call, self._command(request, call)))
                except Exception as fault:
                    ended([(call, fault)])
            return [(call, waiting) for call, waiting in self._decide.put_all(commands, told)]

        return start

    def _command(self, request: decision_pb2.DecideRequest, call: Call) -> DecideCommand:
        self._own.subject(request, call.caller)
        return DecideCommand(decision_request(request), call.caller.name, request.call_id)

    async def get_decision(
        self, request: decision_pb2.GetDecisionRequest, call: Call
    ) -> decision_pb2.GetDecisionResponse:
        """The decision, recomputed."""
        call.decision_id = request.decision_id
        return to_explanation(await self._explain(request.decision_id, scores=request.scores))

    async def activate_decision(
        self, request: decision_pb2.ActivateDecisionRequest, call: Call
    ) -> decision_pb2.ActivateDecisionResponse:
        """Offers of a deferred decision were used."""
        call.decision_id = request.decision_id
        await self._own.decision(request.decision_id, call.caller)
        activated = await self._activate(request.decision_id, request.actions, call.caller.name)
        return decision_pb2.ActivateDecisionResponse(activated=activated.actions, late=activated.late)

    async def release_decision(
        self, request: decision_pb2.ReleaseDecisionRequest, call: Call
    ) -> decision_pb2.ReleaseDecisionResponse:
        """A call whose caller has gone."""
        self._own.subject(request, call.caller)
        released = await self._release(
            customer_id=request.customer_id,
            visitor_id=request.visitor_id,
            request_id=request.request_id,
            call_id=request.call_id,
            caller=call.caller.name,
        )
        return decision_pb2.ReleaseDecisionResponse(released=released)


def _answer(result: DecideResult, call: Call) -> bytes:
    call.decision_id = decision_id_of(result.answer) if result.repeated else result.decision_id
    return result.answer
