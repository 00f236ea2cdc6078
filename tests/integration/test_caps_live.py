"""Caps over gRPC: many customers at once, one total; explained afterwards from the journal alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from nba_client import AsyncClient
from nba_server.adapters.redis.store import Store
from nba_server.commands.caps import caps
from nba_server.pb import decision_pb2
from nba_server.settings import Settings
from tests.integration.running import Running, running_server

TOTAL, CUSTOMERS = 12, 60
CAPS = f"caps:\n  - {{id: stock, total: {TOTAL}, actions: [unlimited]}}\n"


@pytest.fixture
async def capped(settings: Settings, catalogue: Path, store: Store) -> AsyncIterator[Running]:
    """A server whose catalogue has a dozen of its best action."""
    (catalogue / "caps.yaml").write_text(CAPS)
    async with running_server(settings) as running:
        yield running


async def explained(server: Running, decision_id: str) -> decision_pb2.GetDecisionResponse:
    """The decision, recomputed."""
    return await server.stubs.decisions.GetDecision(decision_pb2.GetDecisionRequest(decision_id=decision_id))


async def test_a_total_holds_over_all_customers(capped: Running) -> None:
    """Sixty customers, six at once, get the action twelve times; the others get the next best, and the trace says why."""
    free = asyncio.Semaphore(6)

    async def call(number: int) -> decision_pb2.DecideResponse:
        async with free:
            await capped.stubs.upsert(f"c{number}")
            return await capped.stubs.decide(f"c{number}")

    answers = await asyncio.gather(*(call(number) for number in range(CUSTOMERS)))
    got = Counter(action.action for answer in answers for action in answer.actions)
    assert got["unlimited"] == TOTAL
    assert all(answer.actions for answer in answers)
    reasons: Counter[str] = Counter()
    for answer in answers:
        found = await explained(capped, answer.decision_id)
        assert (found.identical, list(found.differences)) == (True, [])
        if "unlimited" not in {action.action for action in answer.actions}:
            reasons.update(r.code for trace in found.trace if trace.action == "unlimited" for r in trace.reasons[:1])
    assert reasons["cap_reached"] + reasons["lost_race"] == CUSTOMERS - TOTAL
    assert reasons["cap_reached"]


async def test_a_released_offer_can_be_sold_again(capped: Running) -> None:
    """Not mentioned to one, it goes to the next: the unit is back in the same call."""
    for number in range(TOTAL):
        await capped.stubs.upsert(f"c{number}")
        answer = await capped.stubs.decide(f"c{number}")
    await capped.stubs.upsert("next")
    assert "unlimited" not in {action.action for action in (await capped.stubs.decide("next")).actions}
    await capped.stubs.react(answer.decision_id, "NOT_MENTIONED", "unlimited")
    again = await capped.stubs.decide(f"c{TOTAL - 1}")
    assert "unlimited" in {action.action for action in again.actions}


async def test_how_far_caps_are_used_can_be_read(capped: Running) -> None:
    """Three of a dozen are spent, whoever asks: the client, `nba caps`, its JSON."""
    for number in range(3):
        await capped.stubs.upsert(f"c{number}")
        await capped.stubs.decide(f"c{number}")
    async with AsyncClient(capped.address) as client:
        (use,) = await client.catalog.caps()
    assert (use.cap, use.amount, use.money, use.spent, use.actions) == ("stock", TOTAL, False, 3.0, ("unlimited",))
    assert (use.spent + use.held + use.left, use.since, use.until) == (TOTAL, None, None)
    for flags, told in (([], "unlimited"), (["--json"], '"spent": 3.0')):
        ran = await asyncio.to_thread(CliRunner().invoke, caps, ["--address", capped.address, *flags])
        assert (ran.exit_code, told in ran.output) == (0, True), ran.output
