"""Answers wait for their callers: within the windows that h2 gives and checks, whatever becomes of them meanwhile."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random

import pytest
from h2.events import PingAckReceived
from h2.settings import SettingCodes
from hyperframe.frame import DataFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from nba_server.transport.grpc.server import GrpcServer
from tests.front.callers import Caller, caller, wire
from tests.front.conftest import LARGE, connections, counted, under_way
from tests.front.frames import data, message
from tests.integration.kitchen import ECHO, PATIENCES_S, SLOW, Kitchen, called, channel
from tests.store.builders import until

SIZE = 300_000
WINDOW, FRAME, TABLE = SettingCodes.INITIAL_WINDOW_SIZE, SettingCodes.MAX_FRAME_SIZE, SettingCodes.HEADER_TABLE_SIZE


async def _grown(link: Caller, dice: Random, streams: list[int]) -> None:
    """Reads the answers while windows grow by pieces, and the initial one changes now and then."""

    while not all(link.answers[stream].over for stream in streams):
        if dice.random() < 0.1:
            link.h2.update_settings({WINDOW: dice.choice((0, 1, 100, 5_000, 70_000))})
        waiting = [stream for stream in streams if not link.answers[stream].over]
        for stream in dice.sample(waiting, dice.randint(1, len(waiting))):
            link.h2.increment_flow_control_window(dice.randint(1, 9_000), stream)
        link.h2.increment_flow_control_window(dice.randint(1, 20_000))
        link.h2.ping(b"any more")
        pongs = link.seen(PingAckReceived) + 1
        await link.until(partial(link.has, PingAckReceived, pongs))


@pytest.mark.parametrize("seed", range(3))
async def test_large_answers_arrive_whole_within_the_windows(front: GrpcServer, seed: int) -> None:
    """Three at once, of a caller that reads by pieces and changes its settings meanwhile."""
    async with caller(front.port, {WINDOW: 1_000}) as link:
        streams = []
        for _ in range(3):
            streams.append(link.asks(LARGE))
            link.h2.send_data(streams[-1], message(b"%d" % SIZE), end_stream=True)
        await _grown(link, Random(seed), streams)
        for stream in streams:
            assert (link.answers[stream].status, link.answers[stream].messages) == (0, [counted(SIZE)])


async def test_small_answers_wait_for_the_window_of_all(front: GrpcServer) -> None:
    """More of them than the connection's own window has room for: the others come when it grows."""
    async with caller(front.port) as link:
        await link.until(lambda: link.h2.outbound_flow_control_window > 1 << 20)
        streams = []
        for _ in range(8):
            streams.append(link.asks(ECHO))
            link.h2.send_data(streams[-1], message(bytes(10_000)), end_stream=True)
        await link.until(lambda: sum(len(answer.data) for answer in link.answers.values()) == 65_535)
        link.h2.increment_flow_control_window(1 << 20)
        for stream in streams:
            assert (await link.over(stream)).messages == [bytes(10_000)]


async def test_frames_are_no_larger_than_the_caller_takes(front: GrpcServer) -> None:
    """16 KiB each with a window for all, and larger ones for who takes them."""
    for largest in (16_384, 50_000):
        async with wire(front.port, {WINDOW: 1 << 20, FRAME: largest}) as link:
            await link.send(WindowUpdateFrame(0, 1 << 20), link.ask(1, LARGE, body=b"%d" % SIZE))
            assert (await link.over(1)).messages == [counted(SIZE)]
            assert max(one.body_len for one in link.of(DataFrame)) == largest


async def test_a_header_table_that_shrinks_is_acknowledged_in_the_headers(front: GrpcServer) -> None:
    """RFC 7541, 4.2: callers that keep a smaller table or none, and insist to hear that it is known, are answered too."""
    for size in (0, 1_024, 4_096, 65_536):
        async with caller(front.port, {TABLE: size}) as link:
            for _ in range(3):
                assert (await link.call(ECHO, b"x")).messages == [b"x"]
            link.h2.update_settings({TABLE: 100})
            for _ in range(3):
                assert (await link.call(ECHO, b"x")).messages == [b"x"]


async def test_who_resets_a_call_whose_answer_waits_is_rid_of_it(front: GrpcServer) -> None:
    """Nothing more comes of it, and other calls of the connection are answered."""
    async with wire(front.port, {WINDOW: 10}) as link:
        await link.send(link.ask(1, LARGE, body=b"%d" % SIZE))
        await link.until(lambda: sum(one.body_len for one in link.of(DataFrame)) == 10)
        await link.send(RstStreamFrame(1, 8), SettingsFrame(0, settings={WINDOW: 1 << 20}), WindowUpdateFrame(1, 1_000))
        await link.send(link.ask(3, ECHO, body=b"x"))
        assert (await link.over(3)).messages == [b"x"]
        assert sum(one.body_len for one in link.of(DataFrame, 1)) == 10


async def test_a_deadline_passes_while_the_answer_waits(front: GrpcServer) -> None:
    """The call is reset, and the connection goes on: also one whose answers come one by one."""
    for patience in PATIENCES_S:
        deadline = ("grpc-timeout", f"{patience * 1_000:.0f}m")
        async with wire(front.port, {WINDOW: 3}) as link:
            await link.send(link.ask(1, LARGE, deadline, body=b"1000"))
            await link.send(link.ask(3, "/grpc.health.v1.Health/Watch", deadline))
            ends = [await link.over(stream) for stream in (1, 3)]
            await link.send(SettingsFrame(0, settings={WINDOW: 1_000}), link.ask(5, ECHO, body=b"x"))
            assert (await link.over(5)).messages == [b"x"]
        await until(lambda: not under_way(front))
        if all(end.data for end in ends):
            break
    assert [(end.status, len(end.data), end.reset) for end in ends] == [(-1, 3, 8)] * 2


async def test_a_deadline_passes_while_the_message_is_on_its_way(front: GrpcServer, kitchen: Kitchen) -> None:
    """DEADLINE_EXCEEDED, and what still comes of it harms nobody."""
    async with wire(front.port) as link:
        begun = data(1, message(b"never whole")[:9])
        await link.send(link.ask(1, ECHO, ("grpc-timeout", "50m"), body=None), begun)
        answer = await link.over(1)
        assert (answer.status, answer.words) == (4, "Deadline Exceeded")
        await link.send(data(1, b"r whole", end=True), link.ask(3, ECHO, body=b"x"))
        assert (await link.over(3)).messages == [b"x"]
    assert len(kitchen.calls) == 1


async def test_who_does_not_read_harms_nobody(front: GrpcServer, kitchen: Kitchen) -> None:
    """Large answers wait for him alone; when he goes nothing is left of him, though part of an answer was sent."""
    async with channel(front) as other, wire(front.port, {WINDOW: 0x7FFFFFFF}) as link:
        await link.send(WindowUpdateFrame(0, 0x7FFF0000 - 65_535))
        for stream in range(1, 17, 2):
            await link.send(link.ask(stream, LARGE, body=b"%d" % (3 << 20)))
        await link.send(link.ask(17, SLOW, body=b""))
        await kitchen.begun.wait()
        assert [await called(other, ECHO, b"%d" % n) for n in range(50)] == [b"%d" % n for n in range(50)]
        link.close()
        async with asyncio.timeout(30):
            await kitchen.cancelled.wait()
        front._server._tick.cancel()  # type: ignore[attr-defined]  # not by what is done now and then
        async with asyncio.timeout(30):
            while connections(front) > 1:
                assert await called(other, ECHO, b"beside") == b"beside"


async def test_large_messages_are_taken_within_the_windows(front: GrpcServer) -> None:
    """They grow as it is read: a message of 4 MB comes through 1 MB, and then another."""
    content = counted((4 << 20) - 5)
    async with caller(front.port) as link:
        link.h2.increment_flow_control_window(1 << 24)
        for _ in range(2):
            stream, left = link.asks(ECHO), message(content)
            while left:
                await link.until(partial(link.may_send, stream))
                size = min(16_384, link.h2.local_flow_control_window(stream))
                link.h2.send_data(stream, left[:size], end_stream=size >= len(left))
                left = left[size:]
            link.h2.increment_flow_control_window(1 << 23, stream)
            assert (await link.over(stream)).messages == [content]
