"""What the native transport owes on its own account: limits, cancellation, frames of the hostile, an orderly end."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import socket
import struct
from pathlib import Path

import grpc
import pytest

from nba_server.adapters.redis.store import Store
from nba_server.errors import InvalidArgument
from nba_server.settings import NATIVE, Settings
from nba_server.transport.grpc.call import Aborted, Call
from nba_server.transport.grpc.server import Listen
from nba_server.transport.native.front import WRITER
from nba_server.transport.native.server import NativeServer
from tests.integration.running import Running, request, running_server

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ECHO, SLOW = "/test.Service/Echo", "/test.Service/Slow"


class Kitchen:
    """An echo, and a handler that goes on until it is let go or cancelled."""

    def __init__(self) -> None:
        self.begun, self.let_go, self.cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.calls: list[Call] = []

    async def echo(self, message: bytes, call: Call) -> bytes:
        self.calls.append(call)
        return message

    async def slow(self, message: bytes, call: Call) -> bytes:
        self.begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return message


@pytest.fixture
async def kitchen() -> Kitchen:
    """A fresh one."""
    return Kitchen()


@pytest.fixture
async def front(kitchen: Kitchen) -> NativeServer:
    """A native server of the kitchen's two methods; the test ends it."""
    server = NativeServer(Listen("127.0.0.1:0", 1_000, 4_096, 0))
    server.carry({ECHO: kitchen.echo, SLOW: kitchen.slow})
    await server.start()
    return server


def channel(server: NativeServer) -> grpc.aio.Channel:
    """A connection of its own."""
    return grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", [("grpc.use_local_subchannel_pool", 1)])


async def end(server: NativeServer) -> None:
    """At once."""
    hurry = asyncio.Event()
    hurry.set()
    await server.stop(1.0, hurry)


async def test_metadata_and_the_deadline_reach_the_handler(front: NativeServer, kitchen: Kitchen) -> None:
    """Text as text, `-bin` as bytes, and the seconds that are left; None without a deadline."""
    async with channel(front) as link:
        echo = link.unary_unary(ECHO)
        assert await echo(b"one", metadata=(("x-api-key", "k"), ("trace-bin", b"\x01\xff")), timeout=20) == b"one"
        assert await echo(b"") == b""
    first, second = kitchen.calls
    assert (first.metadata["x-api-key"], first.metadata["trace-bin"]) == ("k", b"\x01\xff")
    assert first.seconds_left is not None
    assert 15 < first.seconds_left <= 20.1, "grpc sends tenths of a second, rounded up"
    assert second.seconds_left is None
    await end(front)


async def test_a_message_beyond_the_limit_is_refused(front: NativeServer, kitchen: Kitchen) -> None:
    """RESOURCE_EXHAUSTED with both sizes, no handler runs, and the connection goes on."""
    async with channel(front) as link:
        with pytest.raises(grpc.aio.AioRpcError, match=r"larger than max \(5000 vs. 4096\)") as raised:
            await link.unary_unary(ECHO)(b"x" * 5_000)
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert await link.unary_unary(ECHO)(b"x" * 4_096)
    assert len(kitchen.calls) == 1
    await end(front)


async def test_who_goes_is_noticed(front: NativeServer, kitchen: Kitchen) -> None:
    """A cancellation and a deadline each end the handler, the latter as DEADLINE_EXCEEDED."""
    async with channel(front) as link:
        call = link.unary_unary(SLOW)(b"")
        waiting = asyncio.ensure_future(call.code())
        await asyncio.wait_for(kitchen.begun.wait(), 10)
        call.cancel()
        await asyncio.wait_for(kitchen.cancelled.wait(), 10)
        assert await waiting is grpc.StatusCode.CANCELLED
        kitchen.cancelled.clear()
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await link.unary_unary(SLOW)(b"", timeout=0.2)
        assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await asyncio.wait_for(kitchen.cancelled.wait(), 10)
    await end(front)


async def test_taking_in_ends_those_who_have_gone(front: NativeServer, kitchen: Kitchen) -> None:
    """Without a round of the event loop: the cancellation is known when `take_in` was asked."""
    async with channel(front) as link:
        call = link.unary_unary(SLOW)(b"")
        waiting = asyncio.ensure_future(call.code())
        await asyncio.wait_for(kitchen.begun.wait(), 10)
        call.cancel()
        await waiting
        async with asyncio.timeout(10):
            while True:
                if kitchen.cancelled.is_set():
                    break
                front.take_in()
                await asyncio.sleep(0)
    await end(front)


async def test_a_handler_that_is_cancelled_by_another_answers_so() -> None:
    """Its caller is there and is told CANCELLED instead of waiting for ever."""

    async def give_up(_message: bytes, _call: Call) -> bytes:
        raise asyncio.CancelledError

    server = NativeServer(Listen("127.0.0.1:0", 1_000, 4_096, 0))
    server.carry({ECHO: give_up})
    await server.start()
    async with channel(server) as link:
        code = await link.unary_unary(ECHO)(b"", timeout=20).code()
    assert code is grpc.StatusCode.CANCELLED
    await end(server)


async def test_a_failing_handler_is_refused_like_a_refusal(kitchen: Kitchen) -> None:
    """What a handler lets through as `Aborted` has its code, its words and its details, whatever characters they have."""
    from google.rpc.status_pb2 import Status

    async def refuse(_message: bytes, _call: Call) -> bytes:
        raise Aborted(Status(code=3, message="ünfit 100 %\nagain"), retry_ms=50)

    server = NativeServer(Listen("127.0.0.1:0", 1_000, 4_096, 0))
    server.carry({ECHO: refuse})
    await server.start()
    async with channel(server) as link:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await link.unary_unary(ECHO)(b"")
        assert (raised.value.code(), raised.value.details()) == (grpc.StatusCode.INVALID_ARGUMENT, "ünfit 100 %\nagain")
        details = dict(raised.value.trailing_metadata() or ())["grpc-status-details-bin"]
        assert Status.FromString(details).message == "ünfit 100 %\nagain"  # type: ignore[arg-type]
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await link.unary_unary("/test.Service/Unknown")(b"")
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    await end(server)


def frame(length: int, kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of HTTP/2, also one that lies about its length."""
    return struct.pack(">I", length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff" * 200,
        b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        PREFACE + frame(0, 4, 0, 0) + frame(0xFFFFFF, 0, 0, 1),
        PREFACE + frame(0, 4, 0, 0) + frame(4, 1, 4, 1, b"\xff\xff\xff\xff"),
        PREFACE + frame(0, 4, 0, 0) + frame(4, 8, 0, 0, b"\0\0\0\0"),
        PREFACE + frame(0, 4, 0, 0) + frame(5, 0, 1, 7, b"\0\xff\xff\xff\xff"),
    ],
    ids=["noise", "http/1.1", "endless frame", "broken header block", "window of nothing", "data of no call"],
)
async def test_hostile_bytes_harm_only_their_own_connection(front: NativeServer, junk: bytes) -> None:
    """The connection that sends them ends; a caller beside it is served before, meanwhile and after."""
    async with channel(front) as link:
        echo = link.unary_unary(ECHO)
        assert await echo(b"before") == b"before"
        with socket.create_connection(("127.0.0.1", front.port)) as hostile:
            hostile.settimeout(10)
            hostile.sendall(junk)
            assert await echo(b"meanwhile") == b"meanwhile"
            await asyncio.to_thread(_until_closed, hostile)
        assert await echo(b"after") == b"after"
    await end(front)


def _until_closed(link: socket.socket) -> None:
    try:
        while link.recv(65_536):
            pass
    except ConnectionError:
        return


async def test_leaving_lets_calls_under_way_end(front: NativeServer, kitchen: Kitchen) -> None:
    """No new connection is taken, the call under way is answered, and the server ends then."""
    async with channel(front) as link:
        call = asyncio.ensure_future(_called(link))
        await asyncio.wait_for(kitchen.begun.wait(), 10)
        leaving = asyncio.create_task(front.stop(20.0, asyncio.Event()))
        async with asyncio.timeout(10):
            while True:
                if not _takes_connections(front.port):
                    break
                await asyncio.sleep(0.01)
        assert not leaving.done()
        kitchen.let_go.set()
        assert await call == b"slow"
        await asyncio.wait_for(leaving, 10)


async def _called(link: grpc.aio.Channel) -> bytes:
    answer: bytes = await link.unary_unary(SLOW)(b"slow")
    return answer


def _takes_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_two_share_a_port() -> None:
    """As workers do; a connection is served by one of them."""
    first = NativeServer(Listen("127.0.0.1:0", 100, 4_096, 0))
    second = NativeServer(Listen(f"127.0.0.1:{first.port}", 100, 4_096, 0))
    assert first.port == second.port
    for server in (first, second):
        server.carry({ECHO: Kitchen().echo})
        await server.start()
    for _ in range(8):
        async with channel(first) as link:
            assert await link.unary_unary(ECHO)(b"x") == b"x"
    await asyncio.gather(end(first), end(second))


def test_tls_names_the_setting(tmp_path: Path) -> None:
    """The native transport has none, and says so before anything starts."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch()
    flags = {"transport": NATIVE, "tls_cert": str(tmp_path / "cert.pem"), "tls_key": str(tmp_path / "key.pem")}
    with pytest.raises(InvalidArgument) as raised:
        Settings.load(flags, {})
    assert [violation.field for violation in raised.value.violations] == ["--transport"]
    assert "native has no TLS" in raised.value.violations[0].message


async def test_a_crowd_is_decided_together(settings: Settings, store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Forty calls at once make a few batches, and each has its own answer."""
    caplog.set_level(logging.WARNING)
    async with running_server(dataclasses.replace(settings, transport=NATIVE)) as running:
        await asyncio.gather(*(running.stubs.upsert(f"c{number}") for number in range(40)))
        answers = await asyncio.gather(*(_decided(running, number) for number in range(40)))
        assert len(set(answers)) == 40
        assert running.metric("nba_batch_size_count") < 25


async def _decided(running: Running, number: int) -> str:
    return (await running.stubs.decisions.Decide(request(f"c{number}", "web"))).decision_id


async def test_a_crowd_and_whoever_comes_alone_after_it(front: NativeServer, kitchen: Kitchen) -> None:
    """Hundreds of calls at once are all answered, in any order, and one that comes while others wait, too."""
    async with channel(front) as link:
        echo, slow = link.unary_unary(ECHO), link.unary_unary(SLOW)
        waiting = [asyncio.ensure_future(slow(b"%d" % number, timeout=20)) for number in range(50)]
        await kitchen.begun.wait()
        answers = await asyncio.gather(*(echo(b"%d" % number, timeout=20) for number in range(300)))
        assert answers == [b"%d" % number for number in range(300)]
        assert await echo(b"alone", timeout=20) == b"alone"
        kitchen.let_go.set()
        assert await asyncio.gather(*waiting) == [b"%d" % number for number in range(50)]
    await end(front)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux knows threads that do not interrupt")
async def test_the_writing_thread_lets_the_loop_finish_its_batch(front: NativeServer) -> None:
    """Answers of a batch leave together instead of one by one, where both share a core."""
    writers = await asyncio.to_thread(_threads, WRITER)
    assert writers
    assert {os.sched_getscheduler(number) for number in writers} == {os.SCHED_BATCH}
    await front.stop(0.0, asyncio.Event())


def _threads(name: str) -> list[int]:
    """Of this process, by the beginning of their name."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(task.name) for task in tasks if (task / "comm").read_text().startswith(name)]
