"""What a call may look like on the wire, and what becomes of messages that are none."""

from __future__ import annotations

from random import Random

import pytest
from hpack import Encoder
from hyperframe.frame import (
    DataFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    SettingsFrame,
)

from nba_server.transport.grpc.server import GrpcServer
from tests.front.bare import PONG, Bare
from tests.front.callers import caller, wire
from tests.front.conftest import STREAMS, answers
from tests.front.frames import asking, data, greeting, headers, message
from tests.integration.kitchen import ECHO, Kitchen, frame

INVALID, EXHAUSTED, UNIMPLEMENTED, INTERNAL = 3, 8, 12, 13


async def test_headers_in_pieces(front: GrpcServer, kitchen: Kitchen) -> None:
    """HEADERS and any number of CONTINUATION, also empty ones and of a byte."""
    async with wire(front.port) as link:
        dice = Random(1)
        for stream in range(1, 99, 2):
            block = link.block(asking(ECHO, ("number", str(stream))))
            pieces = sorted(dice.choices(range(len(block) + 1), k=dice.randint(1, 9)))
            await link.send(headers(stream, block, *pieces), data(stream, message(b"x"), end=True))
            assert (await link.over(stream)).messages == [b"x"]
        block = link.block(asking(ECHO, ("number", "99")))
        await link.send(headers(99, block, *range(len(block))), data(99, message(b"x"), end=True))
        assert (await link.over(99)).messages == [b"x"]
    assert [call.metadata["number"] for call in kitchen.calls] == [str(stream) for stream in range(1, 101, 2)]


async def test_padding_and_priority_change_nothing(front: GrpcServer) -> None:
    """Of headers and of messages, and in frames of their own."""
    async with wire(front.port) as link:
        for stream, padding in ((1, 0), (3, 1), (5, 255)):
            flags = ["PADDED", "PRIORITY", "END_HEADERS"]
            block = link.block(asking(ECHO))
            head = HeadersFrame(stream, block, pad_length=padding, flags=flags, depends_on=99, stream_weight=7)
            body = DataFrame(stream, message(b"padded"), pad_length=padding, flags=["PADDED", "END_STREAM"])
            await link.send(PriorityFrame(stream, depends_on=3 if stream != 3 else 1), head, body)
            assert (await link.over(stream)).messages == [b"padded"]


async def test_a_message_in_single_bytes(front: GrpcServer) -> None:
    """Frames of one byte, among empty ones; and none at all for an empty message but its length."""
    async with caller(front.port) as link:
        stream = link.asks(ECHO)
        for byte in message(b"byte by byte"):
            link.h2.send_data(stream, bytes([byte]))
            link.h2.send_data(stream, b"", pad_length=3)
        link.h2.end_stream(stream)
        assert (await link.over(stream)).messages == [b"byte by byte"]
        assert (await link.call(ECHO, b"")).messages == [b""]


def test_bytes_may_arrive_one_by_one() -> None:
    """Of the greeting, of frames' heads, of headers, of messages."""
    bare = Bare()
    block = Encoder().encode(asking(ECHO, ("trace", "me")))
    sent = greeting() + headers(1, block, 10) + data(1, message(b"x")[:3]) + data(1, message(b"x")[3:], end=True)
    with bare.caller() as link:
        for byte in sent:
            link.sendall(bytes([byte]))
            bare.look()
        ((number, kind, request, metadata, _, _),) = bare.looked
        assert (kind, request, metadata) == (0, b"x", {"trace": "me"})
        bare.answer(number, b"y")
        assert [one.data for one in bare.frames(link) if isinstance(one, DataFrame)] == [message(b"y")]


@pytest.mark.parametrize("padding", ["", "=", "=="])
async def test_bytes_in_metadata(front: GrpcServer, kitchen: Kitchen, padding: str) -> None:
    """Base64 with padding or without; of several values in one the last counts. What is none is INVALID_ARGUMENT."""
    whole = {"": ("AP8B", b"\0\xff\x01"), "=": ("AP8", b"\0\xff"), "==": ("AP", b"\0")}[padding]
    async with caller(front.port) as link:
        for value in (whole[0], whole[0] + padding, "eA==," + whole[0], "eA," + whole[0] + padding):
            assert (await link.call(ECHO, b"x", ("trace-bin", value))).status == 0
            assert kitchen.calls[-1].metadata["trace-bin"] == whole[1]
        assert (await link.call(ECHO, b"x", ("trace-bin", ""))).status == 0
        assert kitchen.calls[-1].metadata["trace-bin"] == b""
        for value in ("A", "AP8B=A", "AP_8", "*"):
            assert (await link.call(ECHO, b"x", ("trace-bin", value))).status == INVALID
        assert (await link.call(ECHO, b"x", ("trace", "\x7f"), ("key", "k"))).status == 0
        assert kitchen.calls[-1].metadata == {"key": "k"}, "text that is none is left out"
        assert (await link.call(ECHO, b"x")).messages == [b"x"]


async def test_pings_and_settings_are_answered_and_the_unknown_is_ignored(front: GrpcServer) -> None:
    """Frames and settings of extensions, with whatever flags."""
    async with wire(front.port) as link:
        unknown = SettingsFrame(0, settings={0x99: 7, 8: 1, 3: 0, 6: 1}), frame(4, 0x42, 0xFF, 0, b"what")
        await link.send(*unknown, frame(3, 0x10, 0, 7, b"u=1"), PingFrame(0, b"12345678"))
        await link.until(lambda: bool(link.of(PingFrame)))
        settings = [one for one in link.of(SettingsFrame) if "ACK" not in one.flags]
        assert [one.settings for one in settings if isinstance(one, SettingsFrame)] == [
            {3: STREAMS, 4: 1 << 20, 6: 16_384}
        ]
        assert len(link.of(SettingsFrame)) == 3, "ours, and each of theirs is acknowledged"
        (pong,) = link.of(PingFrame)
        assert isinstance(pong, PingFrame)
        assert ("ACK" in pong.flags, pong.opaque_data) == (True, b"12345678")
        await link.send(SettingsFrame(0, flags=["ACK"]), PONG)
        await answers(link, 1)


async def test_trailers_end_a_request(front: GrpcServer) -> None:
    """They say nothing to a server."""
    async with wire(front.port) as link:
        begun = link.ask(1, ECHO, body=None) + data(1, message(b"x"))
        await link.send(begun, headers(1, link.block([("checksum", "7")]), 2, end=True))
        assert (await link.over(1)).messages == [b"x"]
        await answers(link, 3)


WRONG = {
    "two messages": (data(1, message(b"one") + message(b"two"), end=True), UNIMPLEMENTED),
    "two in two frames": (data(1, message(b"one")) + data(1, message(b"two"), end=True), UNIMPLEMENTED),
    "none": (data(1, b"", end=True), UNIMPLEMENTED),
    "none but its length": (data(1, message(b"four")[:5], end=True), INTERNAL),
    "a cut-off one": (data(1, message(b"four")[:7], end=True), INTERNAL),
    "a cut-off length": (data(1, message(b"four")[:3], end=True), INTERNAL),
    "compressed with nothing": (data(1, message(b"x", packed=1), end=True), INTERNAL),
    "an unknown flag": (data(1, message(b"x", packed=2), end=True), INTERNAL),
    "a large one": (data(1, b"\0\x7f\xff\xff\xff"), EXHAUSTED),
}


@pytest.mark.parametrize("what", WRONG)
async def test_what_is_no_message_is_a_status(front: GrpcServer, kitchen: Kitchen, what: str) -> None:
    """No handler hears of it, and the connection goes on."""
    sent, status = WRONG[what]
    async with wire(front.port) as link:
        await link.send(link.ask(1, ECHO, body=None), sent)
        assert (await link.over(1)).status == status
        await link.send(data(1, b"what is still on its way"))
        await answers(link, 3)
    assert len(kitchen.calls) == 1
