"""More calls than the server can answer in time: refused at once, with the time to come back; the rest is served."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Coroutine

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.settings import NATIVE, Settings
from nba_server.transport.front import compiled
from tests.freezing import frozen
from tests.integration.running import Running, detail, reason, request, running_server
from tests.store.builders import until

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


async def all_ended(engine: EmbeddedEngine, calls: list[Coroutine[object, object, object]]) -> list[object]:
    """How each of many calls at once has ended. The store is frozen until one has: a fast server would serve them all."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    with frozen(engine.pid):
        await until(lambda: any(task.done() for task in tasks))
    return await asyncio.gather(*tasks, return_exceptions=True)


def refusals(found: list[object]) -> list[grpc.aio.AioRpcError]:
    """Those that were refused; nothing else went wrong."""
    errors = [error for error in found if isinstance(error, BaseException)]
    refused = [error for error in errors if isinstance(error, grpc.aio.AioRpcError)]
    assert len(refused) == len(errors), errors
    assert {error.code() for error in refused} <= {grpc.StatusCode.RESOURCE_EXHAUSTED}
    return refused


async def test_what_is_too_much_is_refused_cheaply_and_the_rest_served(
    small: Running, engine: EmbeddedEngine, transport: str
) -> None:
    """Refusals are RESOURCE_EXHAUSTED with RetryInfo, most take less than 5 ms in the server, and some are served.

    They carry the push-back of gRPC's own retries; only the package that stands in for the native front keeps it for itself.
    """
    refused = refusals(await all_ended(engine, [refusal(small, number) for number in range(CALLS)]))
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
        assert pushback == (None if transport == NATIVE and compiled() else str(wanted))
    assert small.metric("nba_refusal_seconds_count") == len(refused)
    assert small.metric("nba_refusal_seconds_bucket", le="0.005") > len(refused) / 2


async def test_it_is_over_when_the_crowd_has_gone(small: Running, engine: EmbeddedEngine) -> None:
    """After the flood a call is served as before."""
    assert refusals(await all_ended(engine, [refusal(small, number) for number in range(CALLS)]))
    assert await refusal(small, 0) is None


async def test_the_admission_refuses_and_not_the_connection(small: Running, engine: EmbeddedEngine) -> None:
    """More calls at once over a single connection than the server takes: some are refused with the time to come back."""
    refused = refusals(await all_ended(engine, [small.stubs.decide(f"d{number}", "web") for number in range(CALLS)]))
    assert 0 < len(refused) < CALLS
    assert {error.code() for error in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
