"""What is refused: calls that are none of gRPC's or of HTTP/2's, too many at once, too large ones; and what ends a connection."""

from __future__ import annotations

import pytest
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from nba_server.transport.grpc.server import GrpcServer
from tests.front.bare import Bare
from tests.front.callers import Wire, caller, wire
from tests.front.conftest import STREAMS, answers
from tests.front.frames import asking, data, greeting, headers, message
from tests.integration.kitchen import ECHO, SLOW, Kitchen, frame

INVALID, EXHAUSTED = 3, 8
PROTOCOL, REFUSED, CALM = 1, 7, 11


async def test_what_is_not_grpc_hears_so_in_http(front: GrpcServer) -> None:
    """405 and 415, with nothing behind it."""
    async with wire(front.port) as link:
        kinds = ("text/html", "application/json", "application/grpc-web", "", "application/grpcs")
        asked = [((":method", method), "405") for method in ("GET", "PUT", "OPTIONS")]
        asked += [(("content-type", kind), "415") for kind in kinds]
        for stream, (header, status) in zip(range(1, 99, 2), asked, strict=False):
            await link.send(link.ask(stream, ECHO, header))
            answer = await link.over(stream)
            assert (answer.headers, answer.ended) == ({":status": status}, True)
        for stream, kind in ((101, "application/grpc+proto"), (103, "application/grpc;charset=utf-8")):
            await link.send(link.ask(stream, ECHO, ("content-type", kind), body=b"x"))
            assert (await link.over(stream)).messages == [b"x"]


USUAL = asking(ECHO)
BROKEN = {
    "no path": [header for header in USUAL if header[0] != ":path"],
    "no method": [header for header in USUAL if header[0] != ":method"],
    "no scheme": [header for header in USUAL if header[0] != ":scheme"],
    "an empty path": asking(""),
    "two methods": [(":method", "POST"), *USUAL],
    "two paths": [(":path", ECHO), *USUAL],
    "one of answers": [(":status", "200"), *USUAL],
    "an unknown one": [(":color", "blue"), *USUAL],
    "one behind others": [*USUAL[1:], USUAL[0]],
    "capitals": [*USUAL, ("X-Key", "k")],
    "no name": [*USUAL, ("", "k")],
    "a name with a space": [*USUAL, ("x key", "k")],
    "of the connection": [*USUAL, ("connection", "close")],
    "another te": asking(ECHO, ("te", "gzip")),
    "a line in a value": [*USUAL, ("key", "one\r\ntwo: 2")],
    "zero in a value": [*USUAL, ("key", "one\0")],
}


@pytest.mark.parametrize("what", BROKEN)
async def test_broken_headers_end_their_stream_only(front: GrpcServer, kitchen: Kitchen, what: str) -> None:
    """It is reset; what is still sent on it is ignored."""
    async with wire(front.port) as link:
        await link.send(headers(1, link.block(BROKEN[what])))
        assert (await link.over(1)).reset == PROTOCOL
        await link.send(data(1, message(b"x"), end=True))
        await answers(link, 3)
    assert len(kitchen.calls) == 1


@pytest.mark.parametrize("words", ["", "S", "1", "1s", "-1S", "1.5S", "123456789S", "1 S", "S1", "1SS"])
async def test_a_timeout_that_cannot_be_read(front: GrpcServer, words: str) -> None:
    """INVALID_ARGUMENT, which no retry mends."""
    async with caller(front.port) as link:
        answer = await link.call(ECHO, b"x", ("grpc-timeout", words))
        assert (answer.status, answer.words) == (INVALID, "grpc-timeout cannot be read")


def test_timeouts_in_all_units() -> None:
    """The handler has the seconds that are left; those of centuries are none."""
    units = {"99999999n": 0.1, "50000000u": 50.0, "50000m": 50.0, "50S": 50.0, "50M": 3_000.0, "2H": 7_200.0}
    bare = Bare()
    with bare.caller(greeting()) as link:
        for stream, (words, seconds) in enumerate(units.items()):
            block = Encoder().encode(asking(ECHO, ("grpc-timeout", words)))
            link.sendall(headers(2 * stream + 1, block) + data(2 * stream + 1, message(b"x"), end=True))
            left = bare.look()[0][4]
            assert seconds - 30 < left <= seconds
        block = Encoder().encode(asking(ECHO, ("grpc-timeout", "99999999H")))
        link.sendall(headers(99, block) + data(99, message(b"x"), end=True))
        assert [left for number, _, _, _, left, _ in bare.look() if number & 0xFFFFFFFF == 99] == [None]


async def test_calls_beyond_the_limit_are_refused_one_by_one(front: GrpcServer, kitchen: Kitchen) -> None:
    """REFUSED_STREAM, which callers may try again; those that are there are answered, and then there is room."""
    beyond = range(2 * STREAMS + 1, 2 * STREAMS + 11, 2)
    async with wire(front.port) as link:
        await link.send(*(link.ask(stream, SLOW, body=b"%d" % stream) for stream in range(1, beyond.stop, 2)))
        assert [(await link.over(stream)).reset for stream in beyond] == [REFUSED] * len(beyond)
        kitchen.let_go.set()
        for stream in range(1, beyond.start, 2):
            assert (await link.over(stream)).messages == [b"%d" % stream]
        await answers(link, beyond.stop)


async def test_large_metadata_is_refused_and_the_connection_goes_on(front: GrpcServer, kitchen: Kitchen) -> None:
    """RESOURCE_EXHAUSTED beyond 16 KiB as HTTP/2 counts it; what the header table has learnt of it is known."""
    async with caller(front.port) as link:
        for size in (16_384, 60_000):
            large = ("large", "x" * size)
            answer = await link.call(ECHO, b"x", ("kept", "for later"), large)
            assert (answer.status, answer.words) == (EXHAUSTED, "the metadata is too large")
        answer = await link.call(ECHO, b"x", *[(f"n{number}", "x") for number in range(600)])
        assert answer.status == EXHAUSTED
        assert (await link.call(ECHO, b"x", ("kept", "for later"), ("large", "x" * 15_000))).messages == [b"x"]
    assert [call.metadata["kept"] for call in kitchen.calls] == ["for later"]


async def _ended(link: Wire) -> int:
    """The code that a connection ends with."""
    await link.until_closed()
    (last,) = link.of(GoAwayFrame)
    assert isinstance(last, GoAwayFrame)
    return last.error_code


ENDING: dict[str, tuple[bytes | Frame, int]] = {
    "headers without end": (
        HeadersFrame(1, b"\0" * 16_000).serialize() + ContinuationFrame(1, b"\0" * 16_000).serialize() * 4,
        CALM,
    ),
    "interrupted headers": (HeadersFrame(1, b"").serialize() + data(1, b""), PROTOCOL),
    "headers of another": (HeadersFrame(1, b"").serialize() + ContinuationFrame(3, b"").serialize(), PROTOCOL),
    "nothing to continue": (ContinuationFrame(1, b"", flags=["END_HEADERS"]), PROTOCOL),
    "an even stream": (HeadersFrame(2, Encoder().encode(USUAL), flags=["END_HEADERS"]), PROTOCOL),
    "padding only": (DataFrame(1, b"", flags=["PADDED"], pad_length=9).serialize()[:9] + b"\xff" * 10, PROTOCOL),
    "reset of no call": (RstStreamFrame(7), PROTOCOL),
    "window of no call": (WindowUpdateFrame(7, 1), PROTOCOL),
    "too large a window": (WindowUpdateFrame(0, 0x7FFFFFFF), 3),
    "too large a first window": (SettingsFrame(0, settings={4: 0x80000000}), 3),
    "too small frames": (SettingsFrame(0, settings={5: 16_383}), PROTOCOL),
    "no truth": (SettingsFrame(0, settings={2: 2}), PROTOCOL),
    "a large frame": (frame(16_385, 0x42, 0, 0, bytes(16_385)), 6),
    "an index of nothing": (HeadersFrame(1, b"\x80", flags=["END_HEADERS"]), 9),
    "too large a header table": (HeadersFrame(1, b"\x3f\xe2\x1f", flags=["END_HEADERS"]), 9),
}


@pytest.mark.parametrize("what", ENDING)
async def test_what_cannot_be_understood_ends_the_connection(front: GrpcServer, what: str) -> None:
    """With the code that RFC 9113 has for it, and nobody else's."""
    sent, code = ENDING[what]
    async with wire(front.port) as other, wire(front.port) as link:
        await link.send(sent)
        assert await _ended(link) == code
        await answers(other, 1)
