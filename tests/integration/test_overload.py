"""More calls than the server can answer in time: refused at once, with the time to come back; the rest is served."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from nba_server.adapters.redis.store import Store
from nba_server.settings import NATIVE, Settings
from tests.integration.running import Running, detail, reason, request, running_server

ROOM, CALLS = 4, 120


@pytest.fixture
async def small(settings: Settings, store: Store) -> AsyncIterator[Running]:
    """A server that takes four calls at once."""
    async with running_server(dataclasses.replace(settings, max_concurrency=ROOM)) as running:
        yield running


async def refusal(running: Running, number: int) -> grpc.aio.AioRpcError | None:
    """The error of one call, None when it was served. Over its own connection, as its streams are limited too."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(running.address, options) as channel:
        try:
            await channel.unary_unary("/nba.v1.DecisionService/Decide")(
                request(f"c{number}", "web").SerializeToString(), wait_for_ready=True
            )
        except grpc.aio.AioRpcError as error:
            return error
    return None


async def test_what_is_too_much_is_refused_cheaply_and_the_rest_served(small: Running, transport: str) -> None:
    """Refusals are RESOURCE_EXHAUSTED with RetryInfo, take less than 5 ms in the server, and some are served.

    grpcio carries the push-back that gRPC's own retries obey; the native front keeps that header for itself.
    """
    found = await asyncio.gather(*(refusal(small, number) for number in range(CALLS)))
    refused = [error for error in found if error is not None]
    assert 0 < len(refused) < CALLS
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    for error in refused[:5]:
        status = rpc_status.from_call(error)
        assert status is not None
        assert reason(status) == "OVERLOADED"
        retry = detail(status, error_details_pb2.RetryInfo)
        assert isinstance(retry, error_details_pb2.RetryInfo)
        pushback = dict(error.trailing_metadata() or ()).get("grpc-retry-pushback-ms")
        wanted = retry.retry_delay.ToMilliseconds()
        assert wanted > 0
        assert pushback == (None if transport == NATIVE else str(wanted))
    assert small.metric("nba_refusal_seconds_count") == len(refused)
    assert small.metric("nba_refusal_seconds_bucket", le="0.005") == len(refused)


async def test_it_is_over_when_the_crowd_has_gone(small: Running) -> None:
    """After the flood a call is served as before."""
    await asyncio.gather(*(refusal(small, number) for number in range(CALLS)))
    assert await refusal(small, 0) is None


async def test_the_admission_refuses_and_not_the_connection(small: Running) -> None:
    """More calls at once over a single connection than the server takes: some are refused with the time to come back."""
    calls = [small.stubs.decide(f"d{number}", "web") for number in range(CALLS)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    refused = [error for error in found if isinstance(error, grpc.aio.AioRpcError)]
    assert 0 < len(refused) < CALLS
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
