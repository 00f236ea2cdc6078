"""Callers who send more than they may or read less than they are sent: there is an end of it, and others are served."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
)

from nba_server.transport.grpc.server import GrpcServer
from tests.front.bare import GONE, Bare, ask, has_ended
from tests.front.callers import wire
from tests.front.conftest import answers, under_way
from tests.front.frames import asking, data, greeting, headers, message
from tests.integration.kitchen import ECHO, SLOW, Kitchen
from tests.store.builders import until

CALM, EXHAUSTED = 11, 8
MOST = 4 << 20
"""So many bytes, and those that the kernel keeps, are taken from who reads nothing."""
ASKING = Encoder().encode(asking(ECHO))


def _repeated(one: Frame) -> Iterator[bytes]:
    while True:
        yield one.serialize() * 1_000


def _broken() -> Iterator[bytes]:
    for begin in count(1, 2_000):
        yield b"".join(headers(begin + 2 * number, b"\x82", end=True) for number in range(1_000))


def _refused() -> Iterator[bytes]:
    for begin in count(1, 2_000):
        yield b"".join(headers(begin + 2 * number, ASKING) for number in range(1_000))


def _empty() -> Iterator[bytes]:
    for begin in count(1, 2_000):
        yield b"".join(headers(begin + 2 * number, ASKING, end=True) for number in range(1_000))


FLOODS: dict[str, Callable[[], Iterator[bytes]]] = {
    "pings": lambda: _repeated(PingFrame(0, b"12345678")),
    "settings": lambda: _repeated(SettingsFrame(0, settings={4: 1_000})),
    "broken calls": _broken,
    "refused calls": _refused,
    "calls without a message": _empty,
}


@pytest.mark.parametrize("what", FLOODS)
def test_who_reads_nothing_is_not_read_either(what: str) -> None:
    """What is to be answered stays small; when he reads, all has its answer. A caller beside him is served all the time."""
    bare, waits, sent = Bare(), 0, 0
    with bare.caller(greeting()) as other, bare.caller(greeting()) as link:
        stream = count(1, 2)
        for flood in FLOODS[what]():
            left = memoryview(flood)
            while left and waits < 3:
                try:
                    size = link.send(left)
                    left, sent, waits = left[size:], sent + size, 0
                except BlockingIOError:
                    waits += 1
                    _served(bare, other, next(stream))
            assert sent < MOST
            if waits == 3:
                break
        assert bare.front.connections() == 2
        assert len(bare.read(link)) > 1 << 18
        link.sendall(PingFrame(0, b"the last").serialize() if not left else bytes(left))
        assert not has_ended(link)


def _served(bare: Bare, link: socket.socket, stream: int) -> None:
    link.sendall(ask(stream, b"beside"))
    (one,) = [one for one in bare.look() if one[1] == 0]
    bare.answer(one[0], one[2])
    assert [one.data for one in bare.frames(link) if isinstance(one, DataFrame)] == [message(b"beside")]


async def test_calls_that_are_taken_back_at_once_leave_nothing(front: GrpcServer, kitchen: Kitchen) -> None:
    """Thousands of them, before and behind their message; others are answered."""
    async with wire(front.port) as other, wire(front.port) as link:
        for stream in range(1, 6_001, 2):
            begun = link.ask(stream, SLOW, body=b"" if stream % 3 else None)
            await link.send(begun, RstStreamFrame(stream, 8))
        await answers(other, 1)
        await answers(link, 6_001)
        await until(lambda: not under_way(front))
        await answers(other, 3)
    assert {call.method for call in kitchen.calls} == {ECHO}


def test_who_never_stops_taking_calls_back_is_ended() -> None:
    """More than ten thousand in a second are no misfortune."""
    calls = [headers(stream, ASKING) + RstStreamFrame(stream, 8).serialize() for stream in range(1, 80_000, 2)]
    bare, ends = Bare(), list[int]()
    with bare.caller(greeting()) as link:
        while calls and not ends:
            link.sendall(b"".join(calls[:500]))
            del calls[:500]
            ends = [one.error_code for one in bare.frames(link) if isinstance(one, GoAwayFrame)]
    assert ends == [CALM]


def test_answers_for_who_reads_none_have_an_end() -> None:
    """With 64 MB behind his windows a caller loses the connection, and his calls end."""
    bare = Bare(streams=1_000)
    with bare.caller(greeting({4: 0})) as link:
        for stream in range(1, 201, 2):
            link.sendall(ask(stream))
        calls = [number for number, *_ in bare.look()]
        for number in calls[:63]:
            bare.answer(number, bytes(1 << 20))
        assert not any(isinstance(one, GoAwayFrame) for one in bare.frames(link))
        bare.answer(calls[63], bytes(1 << 20))
        assert [one.error_code for one in bare.frames(link) if isinstance(one, GoAwayFrame)] == [CALM]
        assert has_ended(link)
        bare.look()
    assert {number for number, kind, *_ in bare.looked if kind == GONE} == set(calls[64:])


def test_messages_that_are_never_whole_have_an_end() -> None:
    """Of those that are on their way on a connection 16 MB are kept; the call that would be more is refused."""
    bare, refused = Bare(), list[int]()
    with bare.caller(greeting()) as link:
        for stream in range(1, 41, 2):
            link.sendall(headers(stream, ASKING) + data(stream, message(bytes(4 << 20))[:5]))
            for _ in range(60):
                link.sendall(data(stream, bytes(16_384)))
                bare.look()
            refused += [one.stream_id for one in bare.frames(link) if isinstance(one, RstStreamFrame)]
        assert refused == [35, 37, 39], "the eighteenth and those behind it"
        link.sendall(RstStreamFrame(1, 8).serialize() + RstStreamFrame(3, 8).serialize() + ask(41))
        assert [request for _, kind, request, *_ in bare.look() if kind == 0] == [b"x"]


def test_headers_in_endless_pieces_have_an_end() -> None:
    """Pieces without a byte cost no memory and would go on for ever."""
    bare = Bare()
    piece = ContinuationFrame(1).serialize()
    with bare.caller(greeting()) as link:
        link.sendall(HeadersFrame(1, b"\x83").serialize())
        for _ in range(1_000):
            link.sendall(piece)
            bare.look()
        assert not any(isinstance(one, GoAwayFrame) for one in bare.frames(link))
        link.sendall(piece)
        assert [one.error_code for one in bare.frames(link) if isinstance(one, GoAwayFrame)] == [CALM]
        assert has_ended(link)


def test_headers_twice_end_their_own_call() -> None:
    """Its caller is told so; the call beside it, on the same connection, is answered."""
    bare = Bare()
    with bare.caller(greeting(), headers(1, ASKING), ask(3)) as link:
        link.sendall(headers(1, ASKING))
        found = bare.frames(link)
        assert [one.stream_id for one in found if isinstance(one, RstStreamFrame)] == [1]
        ((number, *_),) = bare.looked
        bare.answer(number, b"x")
        assert any(isinstance(one, DataFrame) and one.stream_id == 3 for one in bare.frames(link))
