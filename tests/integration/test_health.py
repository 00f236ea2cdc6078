"""Health that is honest about its parts, and reflection."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.settings import Settings
from tests.integration.running import Running, detail, failure, reason, request, running_server

SERVICES = ("Decision", "Outcome", "Contact", "Customer", "Event", "Catalog", "Model")
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


async def until(health: health_pb2_grpc.HealthStub, service: str, wanted: int, seconds: float = 30.0) -> None:
    """Watches a service until it is as wanted."""
    async with asyncio.timeout(seconds):
        async for answer in health.Watch(health_pb2.HealthCheckRequest(service=service)):
            if answer.status == wanted:
                return


async def test_every_service_is_serving(server: Running) -> None:
    """Each service and the whole server say SERVING; a service that does not exist is not found."""
    health = health_pb2_grpc.HealthStub(server.stubs.channel)
    for name in ("", *(f"nba.v1.{service}Service" for service in SERVICES)):
        assert (await health.Check(health_pb2.HealthCheckRequest(service=name))).status == SERVING
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await health.Check(health_pb2.HealthCheckRequest(service="nba.v1.NoService"))
    assert raised.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_the_services(server: Running) -> None:
    """A tool without the protocol's files finds all services."""
    stub = reflection_pb2_grpc.ServerReflectionStub(server.stubs.channel)
    asked = reflection_pb2.ServerReflectionRequest(list_services="")
    async for answer in stub.ServerReflectionInfo(iter([asked])):
        listed = {service.name for service in answer.list_services_response.service}
    assert {f"nba.v1.{service}Service" for service in SERVICES} | {"grpc.health.v1.Health"} <= listed


async def test_a_store_that_is_down_is_said_and_comes_back(settings: Settings, tmp_path: Path) -> None:
    """Without its store the server says NOT_SERVING and UNAVAILABLE with a time to retry; with it, all is well again."""
    with EmbeddedEngine.start(tmp_path / "own") as engine:
        async with running_server(dataclasses.replace(settings, store=engine.url)) as running:
            health = health_pb2_grpc.HealthStub(running.stubs.channel)
            before = await running.stubs.decide(request_id="r1")
            await asyncio.to_thread(engine.stop)
            await until(health, "", NOT_SERVING)
            await until(health, "nba.v1.DecisionService", NOT_SERVING)
            code, status = await failure(running.stubs.decisions.Decide(request(request_id="r2")))
            assert (code, reason(status)) == (grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
            assert detail(status, error_details_pb2.RetryInfo) is not None
            with await asyncio.to_thread(EmbeddedEngine.start, tmp_path / "own"):
                await until(health, "", SERVING)
                assert await running.stubs.decide(request_id="r1") == before
