"""A visitor who logs in, over the wire: decisions and outcomes of before and after are the customer's, and stay explicable."""

from __future__ import annotations

import grpc

from nba_client import AsyncClient
from nba_server.pb import contact_pb2, customer_pb2, decision_pb2
from tests.integration.running import Running, failure, reason, request


async def _decided(server: Running, visitor: str, request_id: str) -> decision_pb2.DecideResponse:
    asked = request("", "web", visitor_id=visitor, request_id=request_id)
    asked.placements.add(placement="banner")
    answer: decision_pb2.DecideResponse = await server.stubs.decisions.Decide(asked)
    return answer


async def _contacts(server: Running) -> dict[str, list[int]]:
    found = await server.stubs.contacts.GetContacts(contact_pb2.GetContactsRequest(customer_id="anna"))
    return {contact.decision_id: [outcome.type for outcome in contact.outcomes] for contact in found.contacts}


async def test_the_visitor_is_the_customer_from_then_on(server: Running) -> None:
    """What was shown before is the customer's, late outcomes arrive there, and the visitor id decides for the customer."""
    await server.stubs.upsert("anna")
    before = await _decided(server, "v1", "r1")
    assert [action.action for action in before.actions] == ["app"]
    async with AsyncClient(server.address) as client:
        first = await client.customers.identify("v1", "anna")
        assert first.contacts == 1
        assert await client.customers.identify("v1", "anna") == first
    after = await _decided(server, "v1", "r2")
    assert [action.action for action in after.actions] == ["unlimited"]
    for decision in (before, after):
        await server.stubs.react(decision.decision_id, "CLICKED")
    assert await _contacts(server) == {before.decision_id: [4], after.decision_id: [4]}
    for decision in (before, after):
        asked = decision_pb2.GetDecisionRequest(decision_id=decision.decision_id)
        explained = await server.stubs.decisions.GetDecision(asked)
        assert (explained.identical, list(explained.differences)) == (True, [])
        assert explained.decision == decision
    assert await _decided(server, "v1", "r1") == before


async def test_what_cannot_be_is_refused_in_words(server: Running) -> None:
    """A visitor who is somebody else, and ids that are missing, all at once."""
    stub = server.stubs.customers
    await stub.IdentifyVisitor(customer_pb2.IdentifyVisitorRequest(visitor_id="v1", customer_id="anna"))
    asked = customer_pb2.IdentifyVisitorRequest(visitor_id="v1", customer_id="ben")
    code, status = await failure(stub.IdentifyVisitor(asked))
    assert (code, reason(status)) == (grpc.StatusCode.FAILED_PRECONDITION, "VISITOR_KNOWN")
    code, status = await failure(stub.IdentifyVisitor(customer_pb2.IdentifyVisitorRequest()))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert "visitor_id" in status.message
    assert "customer_id" in status.message
