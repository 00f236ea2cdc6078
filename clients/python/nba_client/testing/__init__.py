"""Fakes for the tests of those who use the client: the real client on a server that lives in memory.

    fake = FakeClient()
    fake.server.offer("loyalty_bonus", content={"headline": "Thank you"})
    decision = fake.decide("customer-1", channel="call", placements=["agent_top"])
    fake.outcome(decision, decision.actions[0], "accepted")
    assert fake.server.outcomes[0].action == "loyalty_bonus"

Requests are built and answers are read by the code of the real client, so a wrong type fails here as it does there.
The fake has no rules, limits or models: it offers what the test tells it to.
"""

from __future__ import annotations

from nba_client.testing.clients import FakeAsyncClient, FakeClient
from nba_client.testing.server import FakeServer, Offered

__all__ = ["FakeAsyncClient", "FakeClient", "FakeServer", "Offered"]
