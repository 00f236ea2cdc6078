"""What the transport on grpcio has of its own: which of its two servers serves, compression, calls without a task."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest

from nba_server.errors import Overloaded
from nba_server.transport.carrier import Carrier
from nba_server.transport.grpc import core
from nba_server.transport.grpc.aio_server import AioServer
from nba_server.transport.grpc.call import Aborted, Call
from nba_server.transport.grpc.core import Wire
from nba_server.transport.grpc.core_server import CoreServer
from nba_server.transport.grpc.endpoints import Ended, Endpoint
from nba_server.transport.grpc.server import GrpcServer, on_core
from nba_server.transport.grpc.status import rich_status
from tests.integration.kitchen import ECHO, HERE, PATIENCES_S, SLOW, Kitchen, called, channel, end


@pytest.fixture(params=["core", "aio"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both are grpcio."""
    return str(request.param)


def test_this_grpcio_is_driven_by_its_core() -> None:
    """The version that is installed has all that is needed; a new one without it would be noticed here first."""
    assert core.fits()


@pytest.mark.parametrize("missing", [("Server", ("start", "a_new_way")), ("ANewQueue", ())])
async def test_an_unknown_grpcio_is_served_by_grpc_aio(
    missing: tuple[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once at the start, and nothing else changes."""
    monkeypatch.setitem(core._PARTS, *missing)
    made = GrpcServer(HERE)
    assert isinstance(made._server, AioServer)
    assert made.take_in is None
    assert [record.name for record in caplog.records] == ["nba.server"]
    await made.start()
    await end(made)
    monkeypatch.undo()
    made = GrpcServer(HERE)
    assert isinstance(made._server, CoreServer)
    assert made.take_in is not None


@pytest.mark.parametrize("algorithm", [grpc.Compression.Gzip, grpc.Compression.Deflate])
async def test_compressed_requests_are_read(front: Carrier, algorithm: grpc.Compression) -> None:
    """As any gRPC server does."""
    async with channel(front) as link:
        assert await link.unary_unary(ECHO)(b"again " * 500, compression=algorithm) == b"again " * 500


async def test_nothing_is_kept_of_who_goes_before_the_handler_begins(driven: GrpcServer, kitchen: Kitchen) -> None:
    """A call that comes and goes while the loop is busy with others: its task never runs."""
    assert isinstance(driven._server, CoreServer)
    under_way = driven._server._under_way
    with grpc.insecure_channel(f"127.0.0.1:{driven.port}") as link:
        call = link.unary_unary(SLOW).future(b"")
        _take_in_until(driven, lambda: len(under_way) == 1)
        (wire,) = under_way
        call.cancel()
        _take_in_until(driven, lambda: wire.left)
        async with asyncio.timeout(30):
            while True:
                if not under_way:
                    break
                await asyncio.sleep(0)
    assert not kitchen.begun.is_set()


def _take_in_until(driven: GrpcServer, reached: Callable[[], bool]) -> None:
    """Without a round of the loop."""
    assert driven.take_in is not None
    end = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < end
        driven.take_in()


class Begun(Endpoint):
    """A method that tells its end to a callback: at once, later, or when its caller has gone."""

    def __init__(self, kitchen: Kitchen) -> None:
        self.begins = True
        self._kitchen = kitchen
        self.ends: list[Ended] = []
        self.refusal: Exception | None = None

    def turned_away(self, seconds_left: float | None) -> Exception | None:
        """As the test says."""
        return self.refusal

    def begin(self, request: bytes, call: Call, ended: Ended) -> Any:
        """Requests that are empty wait."""
        self._kitchen.begun.set()
        if request:
            ended(request)
            return None
        self.ends.append(ended)
        return self

    def cancel(self) -> bool:
        """Nobody waits."""
        self._kitchen.cancelled.set()
        self.ends.pop()(asyncio.CancelledError())
        return True


class Broken:
    """A method with a fault where no call should meet one."""

    def turned_away(self, seconds_left: float | None) -> None:
        """Nobody is."""

    def __call__(self, wire: Wire) -> None:
        """Raises."""
        raise ZeroDivisionError


async def test_who_is_turned_away_is_told_so(kitchen: Kitchen) -> None:
    """With the whole status and the time to come back, although nobody has read the message; the next call is served."""
    begun = Begun(kitchen)
    begun.refusal = Aborted(rich_status(Overloaded("too many", retry_after_s=0.25)), 250)
    server = GrpcServer(HERE, on=on_core)
    server.carry({ECHO: begun})
    await server.start()
    try:
        async with channel(server) as link:
            for message in (b"x", b"x" * (1 << 20), b""):
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await link.unary_unary(ECHO)(message, timeout=30)
                assert (refused.value.code(), refused.value.details()) == (
                    grpc.StatusCode.RESOURCE_EXHAUSTED,
                    "too many",
                )
                trailers = dict(refused.value.trailing_metadata() or ())
                assert trailers["grpc-retry-pushback-ms"] == "250"
                assert trailers["grpc-status-details-bin"] == begun.refusal.status.SerializeToString()
            assert not kitchen.begun.is_set()
            begun.refusal = None
            assert await link.unary_unary(ECHO)(b"x", timeout=30) == b"x"
    finally:
        await end(server)


async def test_a_method_without_tasks(kitchen: Kitchen) -> None:
    """It answers at once or later, and is told who has gone."""
    made, method = GrpcServer(HERE, on=on_core), Begun(kitchen)
    made.carry({ECHO: method})
    await made.start()
    async with channel(made) as link:
        echo = link.unary_unary(ECHO)
        assert await echo(b"at once") == b"at once"
        kitchen.begun.clear()
        later = asyncio.ensure_future(called(link, ECHO, b""))
        await asyncio.wait_for(kitchen.begun.wait(), 30)
        method.ends.pop()(b"later")
        assert await later == b"later"
        kitchen.begun.clear()
        for patience_s in PATIENCES_S:
            assert await echo(b"", timeout=patience_s).code() is grpc.StatusCode.DEADLINE_EXCEEDED
            if kitchen.begun.is_set():
                break
        await asyncio.wait_for(kitchen.cancelled.wait(), 30)
        assert not method.ends
    await end(made)


async def test_who_sends_no_message_holds_nobody_up(driven: GrpcServer, kitchen: Kitchen) -> None:
    """Headers alone begin no handler; the end without a message is refused."""
    nothing = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        await nothing.wait()
        for _ in ():
            yield b""

    async with channel(driven) as link:
        silent = link.stream_unary(ECHO)(never())
        assert await asyncio.gather(*(link.unary_unary(ECHO)(b"x") for _ in range(20))) == [b"x"] * 20
        assert len(kitchen.calls) == 20
        nothing.set()
        assert await silent.code() is grpc.StatusCode.UNIMPLEMENTED
        assert "requires exactly one request message" in await silent.details()


async def test_a_fault_of_one_call_leaves_the_others_alone(
    driven: GrpcServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What should never happen is logged, and the next call is served."""
    monkeypatch.setitem(driven._server._methods, b"/test.Service/Broken", Broken())  # type: ignore[union-attr]
    async with channel(driven) as link:
        broken = link.unary_unary("/test.Service/Broken")(b"", timeout=5)
        assert await link.unary_unary(ECHO)(b"x") == b"x"
        broken.cancel()
        with contextlib.suppress(asyncio.CancelledError, grpc.aio.AioRpcError):
            await broken
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()
