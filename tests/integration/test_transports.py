"""What every transport owes: metadata, limits, cancellation, refusals, hostile bytes, crowds, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import socket
from typing import Any

import grpc
import pytest
from google.rpc.status_pb2 import Status
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.settings import GRPCIO, NATIVE, Settings
from nba_server.transport.carrier import Carrier
from nba_server.transport.front import compiled
from nba_server.transport.grpc.call import Aborted, Call
from tests.freezing import frozen
from tests.integration.kitchen import (
    ECHO,
    HERE,
    JUNK,
    MAKES,
    PATIENCES_S,
    SLOW,
    Kitchen,
    called,
    channel,
    started,
    takes_connections,
    until_closed,
)
from tests.integration.running import Running, request, running_server
from tests.store.builders import until


@pytest.fixture(params=MAKES)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of server that is here."""
    if request.param == "front" and (absent := compiled()):
        pytest.skip(f"no native front: {absent}")
    return str(request.param)


async def test_metadata_and_the_deadline_reach_the_handler(front: Carrier, kitchen: Kitchen) -> None:
    """Text as text, `-bin` as bytes, and the seconds that are left; None without a deadline."""
    async with channel(front) as link:
        echo = link.unary_unary(ECHO)
        assert await echo(b"one", metadata=(("x-api-key", "k"), ("trace-bin", b"\x01\xff")), timeout=20) == b"one"
        assert await echo(b"") == b""
    first, second = kitchen.calls
    assert (first.metadata["x-api-key"], first.metadata["trace-bin"]) == ("k", b"\x01\xff")
    assert first.seconds_left is not None
    assert 0 < first.seconds_left <= 20.1, "grpc sends tenths of a second, rounded up"
    assert second.seconds_left is None


async def test_a_message_beyond_the_limit_is_refused(front: Carrier, kitchen: Kitchen) -> None:
    """RESOURCE_EXHAUSTED with both sizes, no handler runs, and the connection goes on."""
    async with channel(front) as link:
        with pytest.raises(grpc.aio.AioRpcError, match=r"larger than max \(5000 vs. 4096\)") as raised:
            await link.unary_unary(ECHO)(b"x" * 5_000)
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await link.unary_unary(ECHO)(b"x" * 4_096)
    assert len(kitchen.calls) == 1


async def _under_way(link: grpc.aio.Channel, kitchen: Kitchen) -> tuple[Any, asyncio.Task[grpc.StatusCode]]:
    """A call whose handler has begun, and how it ends."""
    call = link.unary_unary(SLOW)(b"")
    ending = asyncio.ensure_future(call.code())
    await asyncio.wait_for(kitchen.begun.wait(), 30)
    return call, ending


async def test_who_goes_is_noticed(front: Carrier, kitchen: Kitchen) -> None:
    """A cancellation and a deadline each end the handler, the latter as DEADLINE_EXCEEDED."""
    async with channel(front) as link:
        call, waiting = await _under_way(link, kitchen)
        call.cancel()
        await asyncio.wait_for(kitchen.cancelled.wait(), 30)
        assert await waiting is grpc.StatusCode.CANCELLED
        kitchen.cancelled.clear()
        kitchen.begun.clear()
        for patience_s in PATIENCES_S:
            assert await link.unary_unary(SLOW)(b"", timeout=patience_s).code() is grpc.StatusCode.DEADLINE_EXCEEDED
            if kitchen.begun.is_set():
                break
        await asyncio.wait_for(kitchen.cancelled.wait(), 30)


async def test_a_lost_connection_ends_its_calls(front: Carrier, kitchen: Kitchen) -> None:
    """A caller that is gone altogether is one who has gone."""
    async with channel(front) as link:
        _, waiting = await _under_way(link, kitchen)
        await link.close()
        await asyncio.wait_for(kitchen.cancelled.wait(), 30)
        await waiting


async def test_taking_in_ends_those_who_have_gone(front: Carrier, kitchen: Kitchen) -> None:
    """Where it can be asked, the cancellation is known then."""
    async with channel(front) as link:
        call, waiting = await _under_way(link, kitchen)
        call.cancel()
        await waiting
        async with asyncio.timeout(30):
            while True:
                if kitchen.cancelled.is_set():
                    break
                if front.take_in is not None:
                    front.take_in()
                await asyncio.sleep(0)


async def test_a_handler_that_is_cancelled_by_another_answers_so(kind: str) -> None:
    """Its caller is there and is told CANCELLED instead of waiting for ever."""

    async def give_up(_message: bytes, _call: Call) -> bytes:
        raise asyncio.CancelledError

    async with started(MAKES[kind](HERE), {ECHO: give_up}) as made, channel(made) as link:
        assert await link.unary_unary(ECHO)(b"", timeout=20).code() is grpc.StatusCode.CANCELLED


async def test_a_refusal_has_its_details_and_the_push_back(kind: str) -> None:
    """What a handler lets through as `Aborted` has its code, its words, its details and when to come back."""

    async def refuse(_message: bytes, _call: Call) -> bytes:
        raise Aborted(Status(code=3, message="ünfit 100 %\nagain"), retry_ms=50)

    async with started(MAKES[kind](HERE), {ECHO: refuse}) as made, channel(made) as link:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await link.unary_unary(ECHO)(b"")
        assert (raised.value.code(), raised.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, "ünfit 100 %\nagain")
        told = dict(raised.value.trailing_metadata() or ())
        assert Status.FromString(told["grpc-status-details-bin"]).message == "ünfit 100 %\nagain"
        assert told.get("grpc-retry-pushback-ms") == (None if kind == "native" else "50"), (
            "native: in the details alone"
        )
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await link.unary_unary("/test.Service/Unknown")(b"")
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
async def test_hostile_bytes_harm_only_their_own_connection(front: Carrier, junk: bytes) -> None:
    """The connection that sends them ends; a caller beside it is served before, meanwhile and after."""
    async with channel(front) as link:
        echo = link.unary_unary(ECHO)
        assert await echo(b"before") == b"before"
        with socket.create_connection(("127.0.0.1", front.port)) as hostile:
            hostile.settimeout(30)
            hostile.sendall(junk)
            assert await echo(b"meanwhile") == b"meanwhile"
            with contextlib.suppress(OSError):  # it may have been closed already
                hostile.shutdown(socket.SHUT_WR)
            await asyncio.to_thread(until_closed, hostile)
        assert await echo(b"after") == b"after"


async def test_a_crowd_and_whoever_comes_alone_after_it(front: Carrier, kitchen: Kitchen) -> None:
    """Hundreds of calls at once are all answered, in any order, and one that comes while others wait, too."""
    async with channel(front) as link:
        waiting = [asyncio.ensure_future(called(link, SLOW, b"%d" % number)) for number in range(50)]
        await kitchen.begun.wait()
        answers = await asyncio.gather(*(called(link, ECHO, b"%d" % number) for number in range(300)))
        assert answers == [b"%d" % number for number in range(300)]
        assert await called(link, ECHO, b"alone") == b"alone"
        kitchen.let_go.set()
        assert await asyncio.gather(*waiting) == [b"%d" % number for number in range(50)]


@pytest.mark.parametrize("transport", [GRPCIO, NATIVE])
async def test_a_crowd_is_decided_together(
    settings: Settings, store: Store, engine: EmbeddedEngine, transport: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Forty calls at once make a few batches, and each has its own answer. All are there before the store goes on."""
    caplog.set_level(logging.WARNING)
    async with running_server(dataclasses.replace(settings, transport=transport)) as running:
        await asyncio.gather(*(running.stubs.upsert(f"c{number}") for number in range(40)))
        calls = [asyncio.create_task(_decided(running, number)) for number in range(40)]
        with frozen(engine.pid):
            await until(lambda: running.metric("nba_calls_in_flight") == 40)
        answers = await asyncio.gather(*calls)
        assert len(set(answers)) == 40
        assert running.metric("nba_batch_size_count") < 25


async def _decided(running: Running, number: int) -> str:
    return (await running.stubs.decisions.Decide(request(f"c{number}", "web"))).decision_id


async def test_leaving_lets_calls_under_way_end(front: Carrier, kitchen: Kitchen) -> None:
    """No new connection is taken, the call under way is answered, and the server ends when its caller has gone."""
    async with channel(front) as link:
        call = asyncio.ensure_future(called(link, SLOW, b"slow"))
        await asyncio.wait_for(kitchen.begun.wait(), 30)
        leaving = asyncio.create_task(front.stop(20.0, asyncio.Event()))
        async with asyncio.timeout(30):
            while True:
                if not takes_connections(front.port):
                    break
                await asyncio.sleep(0.01)
        assert not leaving.done()
        kitchen.let_go.set()
        assert await call == b"slow"
    await asyncio.wait_for(leaving, 30)


async def test_reflection_goes_back_and_forth(front: Carrier) -> None:
    """Each question has its answer before the next one is asked, and the end of questions is the end."""
    async with channel(front) as link:
        asking = reflection_pb2_grpc.ServerReflectionStub(link).ServerReflectionInfo()
        for symbol in ("grpc.health.v1.Health", "no.such.thing", "grpc.health.v1.Health"):
            await asking.write(reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol))
            answer = await asking.read()
            assert answer.HasField("error_response") == (symbol == "no.such.thing")
        await asking.done_writing()
        assert await asking.read() is grpc.aio.EOF
        assert await asking.code() is grpc.StatusCode.OK


async def test_two_share_a_port(kind: str) -> None:
    """As workers do; a connection is served by one of them."""
    methods = {ECHO: Kitchen().echo}
    first = MAKES[kind](HERE)
    second = MAKES[kind](dataclasses.replace(HERE, address=f"127.0.0.1:{first.port}"))
    assert first.port == second.port
    async with started(first, methods), started(second, methods):
        for _ in range(8):
            async with channel(first) as link:
                assert await link.unary_unary(ECHO)(b"x") == b"x"
