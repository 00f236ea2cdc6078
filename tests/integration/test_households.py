"""Households over gRPC: shared limits, outcomes and explanations across moves, timers that fire once."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from nba_client import AsyncClient
from nba_client.customer import CustomerPatch
from nba_server.pb import catalog_pb2, customer_pb2, decision_pb2
from tests.integration.running import ADULT, GRANTED, Running, request, values

SHARED = """
contact_policies:
  - {id: one-call-a-home, cap: 2, window: 7d, channels: [call], scope: household}
"""

PRESSURE = """
contact_pressure:
  - {id: home, budget: 1.5, channels: {call: {half_life: 10d}}, scope: household}
"""

REAL = {"excluded_actions": ["app"], "placements": [decision_pb2.PlacementRequest(placement="agent")]}
"""Without the fallback, which is exempt from limits."""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """The small telephone company with a limit of the household."""
    folder = Path(shutil.copytree(Path(__file__).parents[2] / "examples/minimal", tmp_path / "catalogue"))
    (folder / "shared.yaml").write_text(SHARED, encoding="utf-8")
    return folder


async def housed(server: Running, customer_id: str, household_id: str) -> int:
    """The version of a customer who may get offers, in a household."""
    patch = customer_pb2.CustomerPatch(
        customer_id=customer_id, attributes=values(ADULT), consents=GRANTED, household_id=household_id
    )
    answer = await server.stubs.customers.UpsertCustomers(customer_pb2.UpsertCustomersRequest(customers=[patch]))
    assert not answer.results[0].error
    return int(answer.results[0].version)


async def test_everybody_in_a_household_shares_its_limit(server: Running) -> None:
    """Of many calls at once for three people two have an offer; the reason names the limit, the reading says whose it is."""
    names = ("anna", "ben", "cleo")
    for name in names:
        await housed(server, name, "smith")
    answers = await asyncio.gather(
        *(server.stubs.decisions.Decide(request(name, "call", **REAL)) for name in names for _ in range(4))
    )
    assert sum(1 for answer in answers if answer.actions) == 2
    refused = await server.stubs.decide("cleo", **REAL)
    assert refused.no_offers[0].reason.subject == "one-call-a-home"
    assert "household" in refused.no_offers[0].reason.text
    async with AsyncClient(server.address) as client:
        uses = {use.limit: use for use in (await client.customers.contacts("cleo")).limits}
    assert (uses["one-call-a-home"].used, uses["one-call-a-home"].household) == (2, True)
    alone = await server.stubs.upsert("dora")
    assert alone.version
    assert (await server.stubs.decide("dora", **REAL)).actions


async def test_decisions_stay_what_they_were_when_their_customer_moves(server: Running) -> None:
    """Repeat, outcome and explanation of a decision that was made elsewhere; all of it is recomputed bit for bit."""
    await housed(server, "ben", "smith")
    await server.stubs.decide("ben", **REAL)
    await server.stubs.upsert("anna")
    before = await server.stubs.decide("anna", request_id="once", **REAL)
    assert before.actions
    await housed(server, "anna", "smith")
    assert await server.stubs.decide("anna", request_id="once", **REAL) == before
    outcome = await server.stubs.react(before.decision_id, "REJECTED", before.actions[0].action)
    assert outcome.effects
    after = await server.stubs.decide("anna", **REAL)
    assert not after.actions
    for decision in (before, after):
        found = await server.stubs.decisions.GetDecision(
            decision_pb2.GetDecisionRequest(decision_id=decision.decision_id)
        )
        assert (found.identical, list(found.differences)) == (True, [])
    await housed(server, "anna", "")
    repeated = await server.stubs.react(before.decision_id, "REJECTED", before.actions[0].action)
    assert not repeated.effects
    assert (await server.stubs.decide("anna", **REAL)).actions


async def test_setting_the_same_household_again_changes_nothing(server: Running) -> None:
    """An import that is run twice costs no version."""
    version = await housed(server, "anna", "smith")
    assert await housed(server, "anna", "smith") == version
    async with AsyncClient(server.address) as client:
        (moved,) = await client.customers.upsert_many([CustomerPatch("anna", household_id="jones")])
    assert moved.version > version


async def test_everybody_in_a_household_shares_its_budget_of_pressure(server: Running, catalogue: Path) -> None:
    """The second member has no e-mail any more after that of the first; the reason and the reading say whose budget it is."""
    (catalogue / "pressure.yaml").write_text(PRESSURE, encoding="utf-8")
    await server.stubs.catalogs.ReloadCatalog(catalog_pb2.ReloadCatalogRequest())
    for name in ("anna", "ben"):
        await housed(server, name, "smith")
    assert (await server.stubs.decide("anna", **REAL)).actions
    refused = (await server.stubs.decide("ben", **REAL)).no_offers[0].reason
    assert (refused.code, refused.subject) == ("contact_pressure", "home")
    assert refused.text.startswith("The household's contact pressure is 1.00 of 1.5")
    async with AsyncClient(server.address) as client:
        (use,) = (await client.customers.contacts("ben")).pressures
    assert (use.pressure, round(use.level, 2), use.household) == ("home", 1.0, True)
    await server.stubs.upsert("dora")
    assert (await server.stubs.decide("dora", **REAL)).actions
