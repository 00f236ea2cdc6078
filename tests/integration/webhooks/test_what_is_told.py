"""From a call at the server to a message at the receiver: decisions, outcomes and what they change, matters, deletions."""

from __future__ import annotations

from typing import Any

from nba_server.pb import customer_pb2
from tests.integration.running import GRANTED, Running
from tests.integration.webhooks.receiver import Receiver
from tests.integration.webhooks.told import dispatching, endpoint, until


async def test_what_a_server_does_is_told(server: Running) -> None:
    """Under the customer's id, with what was muted, revoked, and given back when the outcome is withdrawn."""
    store = server.serving.store
    with Receiver() as receiver:
        async with dispatching(store, endpoint(receiver)):
            await server.stubs.upsert()
            decision = await server.stubs.decide(channel="email")
            (offer,) = decision.actions
            await server.stubs.react(decision.decision_id, "REJECTED", offer.action)
            await server.stubs.react(decision.decision_id, "OPTED_OUT", offer.action)
            await server.stubs.react(decision.decision_id, "WITHDRAWN", offer.action, withdraws="opted_out")
            await server.stubs.react(decision.decision_id, "WITHDRAWN", offer.action, withdraws="rejected")
            await server.stubs.customers.DeleteCustomer(customer_pb2.DeleteCustomerRequest(customer_id="anna"))
            await until(lambda: any(one.type == "nba.customer.deleted" for one in receiver.received))
    told = {type_: [one.data for one in receiver.received if one.type == type_] for type_ in _types(receiver)}
    (made,) = told["nba.decision.made"]
    assert (made["decision_id"], made["channel"]) == (decision.decision_id, "email")
    assert [one["action"] for one in made["actions"]] == [offer.action]
    outcomes = [one["outcome"] for one in told["nba.outcome.recorded"]]
    assert outcomes == ["rejected", "opted_out", "withdrawn", "withdrawn"]
    (muted,) = told["nba.suppression.started"]
    assert (muted["rule"], muted["key"], muted["cause"]) == (
        "refused-rest-a-month",
        offer.action,
        f"{decision.decision_id}:{offer.action}",
    )
    (lifted,) = told["nba.suppression.lifted"]
    assert lifted["rule"] == "refused-rest-a-month"
    assert _changes(told["nba.consent.changed"]) == [
        *[("*", one.purpose, "granted") for one in GRANTED],
        ("email", "advertising", "revoked"),
        ("email", "advertising", "revoked"),
    ]
    undone = told["nba.consent.changed"][-1]
    assert undone["valid_to"] == undone["valid_from"]
    assert {one.data.get("customer_id", "") for one in receiver.received} <= {"anna", ""}
    assert {one.data["customer_ref"] for one in receiver.received} == {store.identity.customer("anna").ref}


def _types(receiver: Receiver) -> set[str]:
    return {one.type for one in receiver.received}


def _changes(consents: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["channel"], one["purpose"], one["status"]) for one in consents]
