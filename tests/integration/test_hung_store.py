"""A store that hangs under load: refusals at once, no unreserved offer, and normal service soon after its return."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.pb import catalog_pb2
from nba_server.settings import Settings
from tests.freezing import frozen
from tests.integration.running import Running, detail, failure, reason, request, running_server

FROZEN_S = 4.0
CALLERS = 16


@pytest.fixture
async def own(settings: Settings, tmp_path: Path) -> AsyncIterator[tuple[EmbeddedEngine, Running]]:
    """A server with an engine of its own, warm."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        async with running_server(dataclasses.replace(settings, store=engine.url, store_patience=200)) as running:
            for number in range(200):
                await running.stubs.decide(f"warm-{number}", "web")
            yield engine, running


@dataclasses.dataclass(slots=True)
class Seen:
    """What callers saw: (began, seconds, code), and the answers that held an offer."""

    calls: list[tuple[float, float, grpc.StatusCode]] = dataclasses.field(default_factory=list)
    answers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    stop: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def call(self, running: Running, caller: int) -> None:
        """One caller; it comes back after a refusal when it is told to."""
        number = 0
        while not self.stop.is_set():
            number += 1
            customer, began, pause = f"load-{caller}-{number}", time.monotonic(), 0.0
            try:
                answer = await running.stubs.decide(customer, "web", request_id="once")
                code = grpc.StatusCode.OK
                if answer.actions:
                    self.answers.append((customer, answer.decision_id))
            except grpc.aio.AioRpcError as error:
                code = error.code()
                status = rpc_status.from_call(error)
                assert status is not None
                retry = detail(status, error_details_pb2.RetryInfo)
                assert isinstance(retry, error_details_pb2.RetryInfo)
                pause = retry.retry_delay.ToMilliseconds() / 1000
            self.calls.append((began, time.monotonic() - began, code))
            await asyncio.sleep(pause)


async def test_a_frozen_store_under_load(own: tuple[EmbeddedEngine, Running]) -> None:
    """While it hangs answers come at once and say UNAVAILABLE; what was offered is reserved; then all is as before."""
    engine, running = own
    seen = Seen()
    callers = [asyncio.create_task(seen.call(running, caller)) for caller in range(CALLERS)]
    await asyncio.sleep(1.0)
    with frozen(engine.pid):
        began_to_hang = time.monotonic()
        await asyncio.sleep(FROZEN_S)
    thawed = time.monotonic()
    async with asyncio.timeout(30):
        while True:
            if sum(code is grpc.StatusCode.OK and began > thawed for began, _, code in seen.calls) > 50:
                break
            await asyncio.sleep(0.02)
    seen.stop.set()
    await asyncio.gather(*callers)
    during = [call for call in seen.calls if began_to_hang + 1.0 < call[0] and call[0] + call[1] < thawed]
    assert len(during) > CALLERS
    assert {code for _, _, code in during} == {grpc.StatusCode.UNAVAILABLE}
    assert sorted(seconds for _, seconds, _ in during)[len(during) // 2] < 0.1
    assert await unreserved(running, seen.answers) == []


async def unreserved(running: Running, answers: list[tuple[str, str]]) -> list[str]:
    """Decisions with an offer that is not in the customer's ledger."""
    store = running.serving.store
    refs = [store.identity.customer(customer) for customer, _ in answers]
    states = (await store.reader.read(refs)).states
    return [
        decision_id
        for (_, decision_id), state in zip(answers, states, strict=True)
        if not any(contact.decision_id == decision_id for contact in state.ledger)
    ]


async def test_health_and_what_needs_no_store_still_answer(own: tuple[EmbeddedEngine, Running]) -> None:
    """The services that need the store say NOT_SERVING, a decision says when to come back, the catalogue is still told."""
    engine, running = own
    health = health_pb2_grpc.HealthStub(running.stubs.channel)
    asked = health_pb2.HealthCheckRequest(service="nba.v1.DecisionService")
    with frozen(engine.pid):
        async with asyncio.timeout(30):
            while True:
                if (await health.Check(asked)).status == health_pb2.HealthCheckResponse.NOT_SERVING:
                    break
                await asyncio.sleep(0.05)
        code, status = await failure(running.stubs.decisions.Decide(request(request_id="r2")))
        assert (code, reason(status)) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
        retry = detail(status, error_details_pb2.RetryInfo)
        assert isinstance(retry, error_details_pb2.RetryInfo)
        assert 0 < retry.retry_delay.ToTimedelta().total_seconds() <= 1
        assert (await running.stubs.catalogs.GetCatalog(catalog_pb2.GetCatalogRequest())).live.actions
