"""A server on the compiled front in this process, on a free loopback port."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator

import pytest

from nba_server.transport.front import compiled
from nba_server.transport.front.server import FrontServer
from nba_server.transport.grpc.call import Call
from nba_server.transport.grpc.server import GrpcServer, Listen
from tests.front.callers import Wire
from tests.integration.kitchen import ECHO, HERE, Kitchen, started

LARGE = "/test.Service/Large"
"""Answers as many bytes as it is asked for, none like its neighbour."""
STREAMS = 20
"""So many calls at once has a connection, and messages have 4 MB."""


@pytest.fixture(autouse=True)
def there() -> None:
    """Skips where it could not be compiled."""
    if compiled():
        pytest.skip(f"no native front: {compiled()}")


@pytest.fixture
async def kitchen() -> Kitchen:
    """A fresh one."""
    return Kitchen()


@pytest.fixture
def listen() -> Listen:
    """Modules have others."""
    return dataclasses.replace(HERE, streams=STREAMS, max_message=4 << 20)


@pytest.fixture
async def front(kitchen: Kitchen, listen: Listen) -> AsyncIterator[GrpcServer]:
    """A server of the kitchen's methods and of `LARGE`."""

    async def large(message: bytes, call: Call) -> bytes:
        return counted(int(message))

    async with started(GrpcServer(listen, on=FrontServer), kitchen.methods | {LARGE: large}) as made:
        yield made


def counted(size: int) -> bytes:
    """So many bytes, from which a missing or misplaced piece would stand out."""
    return b"".join(b"%08x" % number for number in range(size // 8 + 1))[:size]


async def answers(link: Wire, stream: int) -> None:
    """The connection goes on."""
    await link.send(link.ask(stream, ECHO, body=b"beside"))
    assert (await link.over(stream)).messages == [b"beside"]


def connections(server: GrpcServer) -> int:
    """How many the front has."""
    below = server._server
    assert isinstance(below, FrontServer)
    return int(below._front.connections())


def under_way(server: GrpcServer) -> int:
    """How many calls the server works on."""
    below = server._server
    assert isinstance(below, FrontServer)
    return len(below._under_way) + len(below._open)
