"""How connections end: with their callers, in order when the server leaves, with their age, and with whoever does not answer."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hyperframe.frame import DataFrame, GoAwayFrame, PingFrame, WindowUpdateFrame

from nba_server.transport.front.server import FrontServer
from nba_server.transport.grpc.server import GrpcServer
from tests.front.bare import GONE, KNOWN, PONG, WIDE, Bare, ask, has_ended
from tests.front.callers import wire
from tests.front.conftest import LARGE, counted, under_way
from tests.integration.kitchen import ECHO, HERE, SLOW, Kitchen, channel, started
from tests.store.builders import until

SIZE = 1 << 20
LONG = 3_600_000


def test_who_goes_with_part_of_an_answer_is_forgotten_at_once() -> None:
    """Not by what is done now and then, and without the front being looked at all the time."""
    bare = Bare()
    with bare.caller(WIDE, ask()) as link:
        bare.answer(bare.looked[0][0], bytes(SIZE))
        assert bare.front.connections() == 1
        assert bare.read(link, 1_000)
    bare.look()
    assert bare.front.connections() == 0


def test_leaving_takes_what_is_on_its_way_and_nothing_behind_it() -> None:
    """GOAWAY for the future, and with the last call that was taken when the ping behind it was answered; no call is cut off."""
    bare = Bare()
    with bare.caller(WIDE, ask(1)) as link:
        bare.front.leave()
        link.sendall(ask(3) + KNOWN + ask(5))
        bare.look()
        first, second = bare.looked
        goes = [one.last_stream_id for one in bare.frames(link) if isinstance(one, GoAwayFrame)]
        assert goes == [0x7FFFFFFF, 3]
        bare.answer(first[0], b"one")
        bare.answer(second[0], counted(SIZE))
        found = bare.frames(link)
        assert b"".join(one.data for one in found if isinstance(one, DataFrame) and one.stream_id == 3)[5:] == counted(
            SIZE
        )
        assert not any(one.stream_id == 5 for one in found)
        assert has_ended(link)


def test_no_goaway_takes_back_that_calls_were_not_taken() -> None:
    """The number of the last call never rises: callers try those behind it elsewhere, also where the server ends before them."""
    bare = Bare()
    with bare.caller(WIDE, ask(1)) as link:
        bare.front.leave()
        link.sendall(KNOWN + ask(3))
        bare.look()
        bare.front.close()
        goes = [one.last_stream_id for one in bare.frames(link) if isinstance(one, GoAwayFrame)]
        assert goes == [0x7FFFFFFF, 1, 1]


def test_only_who_knows_of_the_end_is_held_to_it() -> None:
    """The answer to an earlier ping says nothing of a GOAWAY: what is sent before that is known is taken."""
    bare = Bare(0, LONG, 0, LONG)
    with bare.caller(WIDE) as link:
        bare.front.tick()
        bare.front.leave()
        link.sendall(PONG + ask(1) + KNOWN + ask(3))
        assert [number & 0xFFFF for number, *_ in bare.look()] == [1]


def test_who_waits_to_be_taken_is_told_in_order() -> None:
    """A connection that the server has not even seen when it leaves is served like others, not cut off."""
    bare = Bare(family=socket.AF_INET)
    with socket.create_connection(bare.address) as link:
        bare.front.leave()
        link.sendall(WIDE + ask(1) + KNOWN + ask(3))
        link.setblocking(False)
        ((number, *_),) = bare.look()
        bare.answer(number, b"one")
        found = bare.frames(link)
        assert [one.last_stream_id for one in found if isinstance(one, GoAwayFrame)] == [0x7FFFFFFF, 1]
        assert {one.stream_id for one in found} == {0, 1}


@pytest.mark.parametrize("family", [socket.AF_UNIX, socket.AF_INET])
def test_the_last_answer_of_a_connection_arrives_whole(family: int) -> None:
    """Also where its caller reads slowly, and sends something that nobody reads any more."""
    bare = Bare(family=family)
    with bare.caller(WIDE, ask()) as link:
        bare.front.leave()
        link.sendall(KNOWN)
        bare.look()
        link.sendall(PingFrame(0, b"any more").serialize() if family == socket.AF_INET else b"")
        bare.answer(bare.looked[0][0], counted(SIZE))
        for _ in range(3):
            bare.front.tick()
        link.sendall(WindowUpdateFrame(0, 1).serialize())
        assert b"".join(one.data for one in bare.frames(link) if isinstance(one, DataFrame))[5:] == counted(SIZE)
        assert has_ended(link)
    bare.look()
    assert bare.front.connections() == 0


def test_who_does_not_take_the_last_words_is_let_go_in_the_end() -> None:
    """Neither words that wait nor a caller who never closes hold a connection for ever."""
    bare = Bare(0, LONG, LONG, 0)
    with bare.caller(WIDE, ask()) as link, bare.caller(b"no HTTP/2"):
        bare.front.leave()
        link.sendall(KNOWN)
        bare.look()
        bare.answer(bare.looked[0][0], bytes(16 * SIZE))
        assert bare.front.connections() == 2
        bare.front.tick()
        assert bare.front.connections() == 0


def test_who_says_nothing_is_asked_and_then_let_go() -> None:
    """His calls are cancelled. An answer to the question, or anything else, is enough to stay."""
    bare = Bare(0, LONG, 0, 0)
    with bare.caller(WIDE, ask()) as link:
        bare.front.tick()
        assert [one.opaque_data for one in bare.frames(link) if isinstance(one, PingFrame)] == [b"n" * 8]
        link.sendall(PONG)
        bare.look()
        bare.front.tick()
        assert bare.front.connections() == 1
        bare.front.tick()
        assert [(number, kind) for number, kind, *_ in bare.look()] == [(bare.looked[0][0], GONE)]
        assert bare.front.connections() == 0


def test_who_never_greets_is_let_go() -> None:
    """Nobody keeps a connection by silence."""
    bare = Bare(0, LONG, LONG, 0)
    with bare.caller(b"PRI * HTTP") as link:
        bare.front.tick()
        assert [one.additional_data for one in bare.frames(link) if isinstance(one, GoAwayFrame)] == [
            b"nothing was said"
        ]


def test_calls_have_so_long_when_their_connection_is_old() -> None:
    """It is left as when the server leaves; what is still open at the end of that is cancelled."""
    bare = Bare(1, 0, LONG, LONG)
    with bare.caller(WIDE, ask()) as link:
        _tick_until(bare, lambda: any(isinstance(one, GoAwayFrame) for one in bare.frames(link)))
        assert not has_ended(link)
        bare.front.tick()
        assert [kind for _, kind, *_ in bare.look()] == [GONE]
        assert [one.error_code for one in bare.frames(link) if isinstance(one, GoAwayFrame)] == [0]
        assert has_ended(link)


def _tick_until(bare: Bare, seen: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not seen():
        assert time.monotonic() < end
        bare.front.tick()


async def test_who_is_let_go_for_silence_has_no_calls_under_way(kitchen: Kitchen) -> None:
    """Their handlers are cancelled though nothing else happens on the server."""
    made = GrpcServer(dataclasses.replace(HERE, max_connection_age=200), on=FrontServer)
    below: Any = made._server
    library = below._library
    below._library = SimpleNamespace(Front=lambda *limits: library.Front(*limits[:-1], 0, LONG, 500, 500))
    async with started(made, kitchen.methods), wire(made.port) as link:
        await link.send(link.ask(1, SLOW))
        async with asyncio.timeout(30):
            await kitchen.cancelled.wait()
        await until(lambda: not under_way(made))


async def test_a_server_that_ends_lets_answers_be_read(front: GrpcServer) -> None:
    """Also those that wait for their callers; who does not read has the seconds that are given."""
    async with wire(front.port, {4: 1_000}) as reader, wire(front.port, {4: 1_000}) as idle:
        for link in (reader, idle):
            await link.send(link.ask(1, LARGE, body=b"%d" % SIZE))
            await link.until(lambda link=link: bool(link.of(DataFrame)))  # type: ignore[misc]
        ending = asyncio.create_task(front.end(30))
        await reader.until(lambda: bool(reader.of(GoAwayFrame)))
        await reader.send(WindowUpdateFrame(1, 1 << 21), WindowUpdateFrame(0, 1 << 21), KNOWN)
        assert (await reader.over(1)).messages == [counted(SIZE)]
        await reader.until_closed()
        assert not ending.done()
        idle.close()
        await asyncio.wait_for(ending, 20)


async def test_leaving_answers_the_call_under_way_and_closes(front: GrpcServer, kitchen: Kitchen) -> None:
    """Callers hear that they have to go, and the server ends as soon as they have their answers."""
    async with wire(front.port) as link:
        await link.send(link.ask(1, SLOW, body=b"slow"))
        await kitchen.begun.wait()
        leaving = asyncio.create_task(front.stop(30.0, asyncio.Event()))
        await link.until(lambda: bool(link.of(GoAwayFrame)))
        await link.send(KNOWN)
        await link.until(lambda: len(link.of(GoAwayFrame)) == 2)
        kitchen.let_go.set()
        assert (await link.over(1)).messages == [b"slow"]
        await link.until_closed()
    await asyncio.wait_for(leaving, 20)


async def test_no_call_fails_where_connections_grow_old(kitchen: Kitchen) -> None:
    """Ten callers that never pause, while connections end after a tenth of a second: three in a row of one who watches."""
    made = GrpcServer(dataclasses.replace(HERE, max_connection_age=100), on=FrontServer)
    async with started(made, kitchen.methods), channel(made) as link:
        done = asyncio.Event()

        async def calls() -> int:
            made = 0
            while not done.is_set():
                assert await link.unary_unary(ECHO)(b"%d" % made, wait_for_ready=True) == b"%d" % made
                made += 1
            return made

        callers = [asyncio.create_task(calls()) for _ in range(10)]
        for _ in range(3):
            async with wire(made.port) as watching:
                await watching.until(lambda: bool(watching.of(PingFrame)))
                await watching.send(KNOWN)
                await watching.until_closed()
        done.set()
        assert min(await asyncio.gather(*callers)) > 0
