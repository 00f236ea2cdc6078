"""Compressed requests: gRPC's own caller with gzip and deflate, and what cannot be unpacked, or must not be."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2

from nba_server.transport.grpc.server import GrpcServer
from tests.front.callers import caller, wire
from tests.front.conftest import answers, under_way
from tests.front.frames import data, message
from tests.integration.kitchen import ECHO, Kitchen, channel
from tests.store.builders import until

EXHAUSTED, UNIMPLEMENTED, INTERNAL = 8, 12, 13
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
CONTENT = b"again and " * 1_000


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
async def test_compressed_requests(front: GrpcServer, kitchen: Kitchen, compression: grpc.Compression) -> None:
    """They reach handlers unpacked: of one message, and of several."""
    async with channel(front) as link:
        assert await link.unary_unary(ECHO)(CONTENT, compression=compression) == CONTENT
        asked = reflection_pb2.ServerReflectionRequest(
            file_containing_symbol="no.such.thing." * 100
        ).SerializeToString()
        stream = link.stream_stream(REFLECTION)(iter([asked] * 3), compression=compression)
        assert len([answer async for answer in stream]) == 3


@pytest.mark.parametrize("encoding", ["gzip", "", "identity", "br"])
async def test_a_message_that_is_not_compressed_is_taken_as_it_is(front: GrpcServer, encoding: str) -> None:
    """Whatever the others of the call may be."""
    async with caller(front.port) as link:
        assert (await link.call(ECHO, CONTENT, ("grpc-encoding", encoding))).messages == [CONTENT]


HARMFUL = {
    "unknown": ("br", CONTENT, UNIMPLEMENTED, "grpc-encoding br is not known"),
    "with nothing": ("identity", CONTENT, INTERNAL, "the message is compressed, and nothing says how"),
    "no gzip": ("gzip", CONTENT, INTERNAL, "the message is no gzip"),
    "no deflate": ("deflate", gzip.compress(CONTENT), INTERNAL, "the message is no deflate"),
    "nothing": ("gzip", b"", INTERNAL, "the message is no gzip: it is cut off"),
    "a cut-off one": ("gzip", gzip.compress(CONTENT)[:-20], INTERNAL, "the message is no gzip: it is cut off"),
    "one without its sum": (
        "deflate",
        zlib.compress(CONTENT)[:-4],
        INTERNAL,
        "the message is no deflate: it is cut off",
    ),
    "a bomb": ("gzip", gzip.compress(bytes(300 << 20), 1), EXHAUSTED, "Received message larger than max (4194304)"),
    "one too large": (
        "deflate",
        zlib.compress(bytes((4 << 20) + 1)),
        EXHAUSTED,
        "Received message larger than max (4194304)",
    ),
}


@pytest.mark.parametrize("what", HARMFUL)
@pytest.mark.parametrize("method", [ECHO, REFLECTION], ids=["one message", "several"])
async def test_what_cannot_be_unpacked_is_a_status(front: GrpcServer, kitchen: Kitchen, method: str, what: str) -> None:
    """No handler hears of it, nothing is left of the call, and the connection goes on."""
    encoding, content, status, words = HARMFUL[what]
    async with wire(front.port) as link:
        sent, left = message(content, packed=1), 0
        await link.send(link.ask(1, method, ("grpc-encoding", encoding), body=None))
        for left in range(0, len(sent), 16_384):
            await link.send(data(1, sent[left : left + 16_384], end=method == ECHO and left + 16_384 >= len(sent)))
        answer = await link.over(1)
        assert (answer.status, answer.words) == (status, words)
        if status == UNIMPLEMENTED:
            assert answer.headers["grpc-accept-encoding"] == "identity,gzip,deflate"
        await answers(link, 3)
        await until(lambda: not under_way(front))
    assert len(kitchen.calls) == 1


async def test_the_largest_message_of_all(front: GrpcServer) -> None:
    """As large as one may be once it is unpacked, and no smaller."""
    async with channel(front) as link:
        content = bytes(4 << 20)
        answer = await asyncio.wait_for(link.unary_unary(ECHO)(content[:-5], compression=grpc.Compression.Gzip), 30)
        assert answer == content[:-5]
