"""What the transport on grpcio owes at its edges: health and reflection, which stream, old connections, an orderly end."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from nba_server.transport.grpc.server import GrpcServer, on_core
from tests.integration.kitchen import ECHO, HERE, SLOW, Kitchen, channel, end, takes_connections


@pytest.fixture(params=["core", "aio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both are grpcio."""
    return str(request.param)


async def test_watching_health(front: GrpcServer) -> None:
    """A watcher hears each change, beside others, and may leave; a check of nobody is NOT_FOUND, nonsense is refused."""
    serving, not_serving = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING
    async with channel(front) as link:
        stub, asked = health_pb2_grpc.HealthStub(link), health_pb2.HealthCheckRequest(service="test.Service")
        watches = [stub.Watch(asked) for _ in range(3)]
        assert [(await watch.read()).status for watch in watches] == [not_serving] * 3
        watches.pop().cancel()
        await front.report("test.Service", serving=True)
        assert [(await watch.read()).status for watch in watches] == [serving] * 2
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await stub.Check(health_pb2.HealthCheckRequest(service="nobody"))
        assert raised.value.code() is grpc.StatusCode.NOT_FOUND
        await front.say_leaving()
        assert [(await watch.read()).status for watch in watches] == [not_serving] * 2
        await front.report("test.Service", serving=True)
        assert (await stub.Check(asked)).status == not_serving
        for watch in watches:
            watch.cancel()


async def test_nonsense_to_a_stream_is_a_status(driven: GrpcServer, caplog: pytest.LogCaptureFixture) -> None:
    """Bytes that are no request, and none at all."""
    async with channel(driven) as link:
        with pytest.raises(grpc.aio.AioRpcError):
            await link.unary_unary("/grpc.health.v1.Health/Check")(b"\xff")
        watch = link.stream_stream("/grpc.health.v1.Health/Watch")(iter(()))
        assert await watch.code() is not grpc.StatusCode.OK
    caplog.clear()


async def test_who_does_not_end_is_ended(front: GrpcServer, kitchen: Kitchen) -> None:
    """Calls under way have the seconds that are given, and are cancelled then; streams too."""
    async with channel(front) as link:
        call = link.unary_unary(SLOW)(b"")
        watch = health_pb2_grpc.HealthStub(link).Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        await asyncio.wait_for(kitchen.begun.wait(), 10)
        await asyncio.wait_for(front.end(0.05), 10)
        assert await call.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        assert kitchen.cancelled.is_set()
        if front.take_in is not None:
            front.take_in()  # a batch may end after the port


async def test_connections_grow_old(kitchen: Kitchen) -> None:
    """A caller with one connection is given a new one again and again, and no call fails."""
    made = GrpcServer(dataclasses.replace(HERE, max_connection_age=200), on=on_core)
    made.carry({ECHO: kitchen.echo})
    await made.start()
    async with channel(made) as link:
        peers = set[frozenset[str]]()
        async with asyncio.timeout(20):
            while len(peers) < 3:
                call = link.unary_unary(ECHO)(b"x", wait_for_ready=True)
                assert await call == b"x"
                peers.add(_local_port(made.port))
    await asyncio.wait_for(made.stop(10.0, asyncio.Event()), 10)


def _local_port(port: int) -> frozenset[str]:
    """The callers' ends of established connections to the port."""
    tables = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    return frozenset(row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01")


async def test_an_address_that_cannot_be_had() -> None:
    """It is said."""
    with pytest.raises(RuntimeError, match="Failed to bind"):
        GrpcServer(dataclasses.replace(HERE, address="203.0.113.1:1"), on=on_core)


async def test_a_server_that_never_started_ends(kitchen: Kitchen) -> None:
    """Nobody is taken by it any more."""
    made = GrpcServer(HERE, on=on_core)
    made.carry({ECHO: kitchen.echo})
    await end(made)
    assert made.take_in is not None
    made.take_in()
    assert not takes_connections(made.port)
