"""Decisions on one customer at the same time: nobody gets more than the limits allow, nobody less than is free."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import CustomerRef, PartialStored
from nba_server.pb import decision_pb2
from nba_server.settings import Settings
from tests.integration.running import Running, running_server


async def test_what_is_given_back_between_read_and_commit_is_offered(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one e-mail of the week is held by a call that goes just after the read: it is offered to the call behind it."""
    async with running_server(settings) as running:
        await running.stubs.upsert()
        first = await running.stubs.decide(channel="email", request_id="r1")
        assert len(first.actions) == 1
        reader = running.serving.store.reader
        read_stored, reads = reader.read_stored, 0

        async def interrupted(refs: Sequence[CustomerRef]) -> PartialStored:
            nonlocal reads
            reads += 1
            found = await read_stored(refs)
            if reads == 1:
                gone = decision_pb2.ReleaseDecisionRequest(customer_id="anna", request_id="r1")
                assert (await running.stubs.decisions.ReleaseDecision(gone)).released
            return found

        monkeypatch.setattr(reader, "read_stored", interrupted)
        second = await running.stubs.decide(channel="email", request_id="r2")
        assert [action.action for action in second.actions] == [action.action for action in first.actions]
        assert reads == 2


async def test_a_hot_customer_is_served_to_the_limit(server: Running) -> None:
    """Forty calls at once for one customer all have an answer; those with an offer are as many as the limit allows."""
    await server.stubs.upsert()
    answers = await asyncio.gather(*(server.stubs.decide(channel="web", request_id=f"r{n}") for n in range(40)))
    offered = [answer for answer in answers if any(not action.fallback for action in answer.actions)]
    assert len(offered) == 3
