"""The life of a decision over gRPC: superseded, activated, expired, unknown, repeated, out of order."""

from __future__ import annotations

import grpc
from google.rpc import error_details_pb2

from nba_server.domain.engagement import ContactState
from nba_server.pb import decision_pb2, outcome_pb2
from tests.integration.running import Running, detail, failure, reason, request


async def activate(server: Running, decision_id: str, *actions: str) -> decision_pb2.ActivateDecisionResponse:
    """Activates a decision."""
    call = decision_pb2.ActivateDecisionRequest(decision_id=decision_id, actions=actions)
    return await server.stubs.decisions.ActivateDecision(call)


async def test_an_agent_changes_the_context_and_the_slot_moves_along(server: Running) -> None:
    """Each change supersedes the last decision; an explanation recomputes the swap bit for bit."""
    await server.stubs.upsert()
    answer = await server.stubs.decide(context={"reason": "move"})
    for _ in range(3):
        answer = await server.stubs.decide(supersedes=answer.decision_id)
        assert answer.actions
    store = server.serving.store
    (anna,) = (await store.reader.read([store.identity.customer("anna")])).states
    held = {entry.decision_id for entry in anna.ledger if entry.state is ContactState.RESERVED}
    assert held == {answer.decision_id}
    explained = await server.stubs.decisions.GetDecision(
        decision_pb2.GetDecisionRequest(decision_id=answer.decision_id)
    )
    assert (explained.identical, list(explained.differences)) == (True, [])


async def test_what_cannot_be_superseded_names_the_field(server: Running) -> None:
    """A decision superseded already, another customer's and no id at all are refused, each under `supersedes`."""
    await server.stubs.upsert()
    first = await server.stubs.decide()
    await server.stubs.decide(supersedes=first.decision_id)
    other = await server.stubs.decide("bert")
    for name in (first.decision_id, other.decision_id, "nonsense"):
        code, status = await failure(server.stubs.decisions.Decide(request(supersedes=name)))
        bad = detail(status, error_details_pb2.BadRequest)
        assert isinstance(bad, error_details_pb2.BadRequest)
        assert code is grpc.StatusCode.INVALID_ARGUMENT
        assert [violation.field for violation in bad.field_violations] == ["supersedes"]


async def test_a_deferred_decision_is_activated_once(server: Running) -> None:
    """The spoken action counts; a second activation and an ordinary decision change nothing."""
    await server.stubs.upsert()
    deferred = await server.stubs.decide(defer_activation=True)
    spoken = deferred.actions[0].action
    assert list((await activate(server, deferred.decision_id, spoken)).activated) == [spoken]
    assert not (await activate(server, deferred.decision_id, spoken)).activated
    ordinary = await server.stubs.decide("bert", "web")
    assert not (await activate(server, ordinary.decision_id)).activated


async def test_activating_what_is_not_there_is_told(server: Running) -> None:
    """No id of ours, and an action that the decision did not offer."""
    code, _ = await failure(activate(server, "nonsense"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    await server.stubs.upsert()
    deferred = await server.stubs.decide(defer_activation=True)
    code, status = await failure(activate(server, deferred.decision_id, "app"))
    assert (code, reason(status)) == (grpc.StatusCode.NOT_FOUND, "ACTION_NOT_OFFERED")


async def test_outcomes_in_any_order_repeated_and_for_nobody(server: Running) -> None:
    """The click before the impression, each again, and one for a decision of nobody: each has its answer."""
    await server.stubs.upsert()
    answer = await server.stubs.decide()
    action = answer.actions[0].action
    told = [
        (await server.stubs.react(answer.decision_id, type_, action)).status
        for type_ in ("ACCEPTED", "IMPRESSION", "ACCEPTED", "IMPRESSION")
    ]
    recorded, repeated = outcome_pb2.OUTCOME_STATUS_RECORDED, outcome_pb2.OUTCOME_STATUS_REPEATED
    assert told == [recorded, recorded, repeated, repeated]
    identity = server.serving.store.identity
    nobody = identity.customer("nobody")
    unknown = identity.decision_id(nobody.bucket, 1, identity.request_key("local", nobody.ref, "r"))
    code, status = await failure(server.stubs.react(unknown, "CLICKED"))
    assert (code, reason(status)) == (grpc.StatusCode.NOT_FOUND, "DECISION_NOT_FOUND")
