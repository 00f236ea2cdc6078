"""The connections of decisions: one write and one read a batch, in any pieces, over TLS, with a password, and when they break."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import hiredis
import pytest
import trustme
from redis.exceptions import BusyLoadingError, NoScriptError, ResponseError
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import TimeoutError as NoAnswer

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis import wires
from nba_server.adapters.redis.link import Link
from nba_server.adapters.redis.packing import packed
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.errors import StoreUnavailable
from tests.store.builders import until

SETTINGS = StoreSettings(read_timeout_s=2.0)
Served = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def linked(url: str, settings: StoreSettings = SETTINGS) -> AsyncIterator[Link]:
    """A link to an address."""
    link = Link.to(url, settings)
    yield link
    await link.close()


@asynccontextmanager
async def listening(serve: Served, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on a free port; it ends when all its connections have."""
    running: set[asyncio.Task[None]] = set()

    async def handled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with contextlib.suppress(OSError):
            await serve(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        running.discard(task)

    server = await asyncio.start_server(handled, "127.0.0.1", 0, ssl=tls)
    yield server.sockets[0].getsockname()[1]
    server.close()
    async with asyncio.timeout(30):
        await asyncio.gather(*running)


@dataclass
class Between:
    """A server between us and the engine. `pieces` bytes of a reply go on at a time; of the next `lost` replies nothing does:
    the connection is closed instead."""

    socket: str
    pieces: int = 0
    lost: int = 0
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        self.writers.append(writer)
        there, here = await asyncio.open_unix_connection(self.socket)
        await asyncio.gather(self._requests(reader, here), self._replies(there, writer))
        here.close()

    async def _requests(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                to.write(data)
        to.close()

    async def _replies(self, reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            if self.lost and b"OK" not in data:
                self.lost -= 1
                to.close()
                return
            step = self.pieces or len(data)
            for at in range(0, len(data), step):
                to.write(data[at : at + step])
                await to.drain()


@asynccontextmanager
async def between(engine: EmbeddedEngine, **how: int) -> AsyncIterator[tuple[Between, str]]:
    """The server and its address."""
    middle = Between(engine.socket, **how)
    async with listening(middle.serve) as port:
        yield middle, f"redis://127.0.0.1:{port}"


async def test_replies_come_in_order_with_refusals_in_their_places(engine: EmbeddedEngine) -> None:
    """Every kind of reply is what redis-py would give, and an error fails its own command only."""
    async with linked(engine.url) as link:
        commands = [
            ("SET", "wire", b"\x00\xff"),
            ("GET", "wire"),
            ("HGET", "wire", "x"),
            ("EVALSHA", "0" * 40, 0),
            ("EVAL", "return {1, 'two', {redis.status_reply('three')}, false}", 0),
            ("INCRBYFLOAT", "wire:float", 0.5),
            ("DEL", "wire", "wire:float"),
        ]
        replies = await link.send(commands, prompt=True)
        assert isinstance(replies[2], ResponseError)
        assert isinstance(replies[3], NoScriptError)
        assert [reply for i, reply in enumerate(replies) if i not in (2, 3)] == [
            *(b"OK", b"\x00\xff", [1, b"two", [b"three"], None], b"0.5", 2)
        ]


def test_reads_are_packed_as_all_else_is() -> None:
    """The short way gives the bytes of hiredis, whatever key and fields are."""
    for key in ("nba:{b03c}:c:0f", "", "ä", "$0\r\n"):
        for fields in (("p", "k", ""), ("",), ("$0\r\n", "p")):
            command = ("HMGET", key, *fields)
            assert packed([command, command]) == 2 * hiredis.pack_command(command)


async def test_large_batches_are_whole_in_any_pieces(engine: EmbeddedEngine) -> None:
    """Megabytes there and back, and replies that arrive byte by byte."""
    async with linked(engine.url) as link:
        blobs = [bytes([number]) * 40_000 for number in range(64)]
        replies = await link.send([("ECHO", blob) for blob in blobs], prompt=True)
        assert replies == blobs
    async with between(engine, pieces=1) as (_, url), linked(url) as link:
        assert await link.send([("ECHO", f"{number}") for number in range(50)], prompt=True) == [
            str(number).encode() for number in range(50)
        ]


async def test_batches_at_once_have_connections_of_their_own(engine: EmbeddedEngine) -> None:
    """A slow one holds nobody up, and connections are used again."""
    async with between(engine) as (middle, url), linked(url, StoreSettings(read_timeout_s=20.0)) as link:
        slow = asyncio.create_task(link.send([("BLPOP", "wire:held", 20)], prompt=True))
        await asyncio.sleep(0)
        for number in range(20):
            assert await link.send([("ECHO", f"{number}")], prompt=True) == [str(number).encode()]
        assert not slow.done()
        await link.send([("RPUSH", "wire:held", "go")], prompt=True)
        assert await slow == [[b"wire:held", b"go"]]
        assert middle.connections == 2


async def test_a_short_answer_is_waited_for_in_place(engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop does nothing else before it is there; not so where much is asked, or the store is slow or at work."""
    monkeypatch.setattr(wires, "IN_PLACE_S", 5.0)
    rounds = list[int]()
    async with linked(engine.url, StoreSettings(read_timeout_s=20.0)) as link:
        await link.send([("PING",)], prompt=True)
        asyncio.get_running_loop().call_soon(rounds.append, 1)
        assert await link.send([("PING",), ("PING",)], prompt=True) == [b"PONG"] * 2
        assert not rounds
        large = b"x" * 200_000  # few commands, and still much work for the store
        assert await link.send([("ECHO", large)], prompt=True) == [large]
        assert rounds
        rounds.clear()
        asyncio.get_running_loop().call_soon(rounds.append, 1)
        monkeypatch.setattr(wires, "IN_PLACE_S", 0.001)
        for _ in range(2):
            assert await link.send([("BLPOP", "wire:nothing", 0.05)], prompt=True) == [None]
            assert rounds
        monkeypatch.setattr(wires, "IN_PLACE_S", 20.0)
        slow = asyncio.create_task(link.send([("BLPOP", "wire:held", 10)], prompt=True))
        await asyncio.sleep(0)
        assert await link.send([("PING",)], prompt=True) == [b"PONG"]
        assert not slow.done()
        await link.send([("RPUSH", "wire:held", "go")], prompt=True)
        assert await slow == [[b"wire:held", b"go"]]


async def test_a_batch_whose_connection_was_lost_is_sent_once_more(engine: EmbeddedEngine) -> None:
    """One loss is not noticed by the caller, whether it comes before or behind the effect; two are an error."""
    async with between(engine) as (middle, url), linked(url) as link:
        await link.send([("DEL", "wire:count")], prompt=True)
        middle.lost = 1
        assert await link.send([("INCR", "wire:count")], prompt=True) == [2]
        middle.lost = 2
        with pytest.raises(StoreUnavailable):
            await link.send([("INCR", "wire:count")], prompt=True)


async def test_a_connection_that_was_closed_meanwhile_is_not_used(engine: EmbeddedEngine) -> None:
    """What a server closes while nothing is under way costs nobody an error."""
    async with between(engine) as (middle, url), linked(url, StoreSettings(retries=0)) as link:
        await link.send([("PING",)], prompt=True)
        for writer in middle.writers:
            writer.close()
        await until(lambda: all(wire.closed for wire in link._wires._idle))
        assert await link.send([("PING",)], prompt=True) == [b"PONG"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"-LOADING it reads its data\r\n", BusyLoadingError),
        (b"?what\r\n", LostConnection),
        (b"+A\r\n+B\r\n", LostConnection),
    ],
)
async def test_what_cannot_be_understood_is_a_lost_connection(said: bytes, error: type[Exception]) -> None:
    """A server that loads has no answers; one that says anything else or too much is not listened to any more."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            number = data.count(b"\r\n*") + 1
            writer.write(b"+OK\r\n" * number if b"SETINFO" in data else said * number)

    async with listening(serve) as port, linked(f"redis://127.0.0.1:{port}") as link:
        with pytest.raises(StoreUnavailable) as refused:
            await link.send([("PING",)], prompt=True)
        assert isinstance(refused.value.__cause__, error)


async def test_silence_ends_at_the_read_timeout(engine: EmbeddedEngine) -> None:
    """An answer that does not come frees its connection at last, and what comes too late reaches nobody."""
    async with linked(engine.url, StoreSettings(read_timeout_s=0.2, replica_wait_s=0.0)) as link:
        settled: asyncio.Queue[list[object] | Exception] = asyncio.Queue()
        link._wires.send(packed([("BLPOP", "wire:nothing", 1)]), 1, settled.put_nowait)
        assert isinstance(await settled.get(), NoAnswer)
        async with asyncio.timeout(30):
            while True:  # on a machine that stalls the fresh answer may be too late too
                link._wires.send(packed([("ECHO", "fresh")]), 1, settled.put_nowait)
                answer = await settled.get()
                if not isinstance(answer, NoAnswer):
                    break
        assert answer == [b"fresh"]


async def test_a_password_is_given(engine: EmbeddedEngine) -> None:
    """Credentials and the database of the address are used by these connections too."""
    ask(engine.socket, "CONFIG SET requirepass secret")
    try:
        async with linked(engine.url.replace("unix://", "unix://:secret@")) as link:
            assert await link.send([("PING",)], prompt=True) == [b"PONG"]
        async with linked(engine.url) as link:
            with pytest.raises(StoreUnavailable):
                await link.send([("PING",)], prompt=True)
    finally:
        link = Link.to(engine.url.replace("unix://", "unix://:secret@"), SETTINGS)
        await link.send([("CONFIG", "SET", "requirepass", "")])
        await link.close()


async def test_it_is_encrypted_where_the_address_says_so(engine: EmbeddedEngine, tmp_path: Path) -> None:
    """What redis-py has encrypted stays so: megabytes over TLS, with the authority that the address names."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    middle = Between(engine.socket)
    async with (
        listening(middle.serve, context) as port,
        linked(f"rediss://127.0.0.1:{port}?ssl_ca_certs={tmp_path / 'authority.pem'}") as link,
    ):
        blobs = [bytes([number]) * 40_000 for number in range(32)]
        assert await link.send([("ECHO", blob) for blob in blobs], prompt=True) == blobs


async def test_a_thousand_batches_wait_for_their_turn(engine: EmbeddedEngine) -> None:
    """More than there are connections, all short enough to be waited for in place: each gets its own answer."""
    async with linked(engine.url, StoreSettings(connections=2, read_timeout_s=20.0)) as link:
        asked = [link.send([("ECHO", str(number))], prompt=True) for number in range(1_000)]
        assert await asyncio.gather(*asked) == [[str(number).encode()] for number in range(1_000)]


async def test_writes_go_in_line(engine: EmbeddedEngine) -> None:
    """On one connection, each answered as soon as it is done; when the line breaks all of it is sent again, in order."""
    async with between(engine) as (middle, url), linked(url) as link:
        await link.send([("DEL", "wire:line")], prompt=True, confirmed=True)
        order: list[int] = []

        async def add(number: int) -> None:
            (length,) = await link.send([("RPUSH", "wire:line", number)], prompt=True, confirmed=True)
            order.append(length)

        await asyncio.gather(*(add(number) for number in range(50)))
        assert order == list(range(1, 51))
        assert middle.connections == 1
        middle.lost = 1
        await asyncio.gather(*(add(number) for number in range(50, 60)))
        assert middle.connections == 2
        assert order[50:] == sorted(order[50:])
        (said,) = await link.send([("LRANGE", "wire:line", -10, -1)], prompt=True)
        assert said == [str(number).encode() for number in range(50, 60)]


async def test_a_line_that_cannot_be_had_fails_all_who_wait_for_it(tmp_path: Path) -> None:
    """Where nobody listens each write is told so."""
    async with linked(f"unix://{tmp_path / 'nobody'}") as link:
        told = await asyncio.gather(
            *(link.send([("PING",)], prompt=True, confirmed=True) for _ in range(5)), return_exceptions=True
        )
        assert [type(one) for one in told] == [StoreUnavailable] * 5
