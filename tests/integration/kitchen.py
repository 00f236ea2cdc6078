"""What the tests of transports share: servers of each kind, two methods, a connection of its own, and bytes that are no gRPC."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import grpc

from nba_server.transport.carrier import Carrier
from nba_server.transport.front.server import FrontServer
from nba_server.transport.grpc.call import Call, Handler
from nba_server.transport.grpc.server import GrpcServer, Listen, on_aio, on_core
from nba_server.transport.native.server import NativeServer

C = TypeVar("C", bound=Carrier)
HERE = Listen("127.0.0.1:0", 1_000, 4_096, 0)
MAKES: dict[str, Callable[[Listen], Carrier]] = {
    "core": partial(GrpcServer, on=on_core),
    "aio": partial(GrpcServer, on=on_aio),
    "native": NativeServer,
    "front": partial(GrpcServer, on=FrontServer),
}
ECHO, SLOW = "/test.Service/Echo", "/test.Service/Slow"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


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

    @property
    def methods(self) -> dict[str, Handler]:
        """Both by their full names."""
        return {ECHO: self.echo, SLOW: self.slow}


@asynccontextmanager
async def started(server: C, methods: Mapping[str, Handler]) -> AsyncIterator[C]:
    """The server, serving the methods; ended at once behind it."""
    server.carry(methods)
    await server.start()
    yield server
    await end(server)


PATIENCES_S = (0.2, 1.0, 5.0)
"""Deadlines that pass. One that has passed before its call was begun, on a machine that stalls, proves nothing: the next may."""


def channel(server: Carrier) -> grpc.aio.Channel:
    """A connection of its own."""
    return grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", [("grpc.use_local_subchannel_pool", 1)])


async def called(link: grpc.aio.Channel, method: str, message: bytes) -> bytes:
    """What a call is answered within 20 seconds."""
    answer: bytes = await link.unary_unary(method)(message, timeout=20)
    return answer


async def end(server: Carrier) -> None:
    """At once."""
    hurry = asyncio.Event()
    hurry.set()
    await server.stop(1.0, hurry)


def frame(length: int, kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of HTTP/2, also one that lies about its length."""
    return struct.pack(">I", length)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


JUNK = {
    "noise": b"\xff" * 200,
    "http/1.1": b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "endless frame": PREFACE + frame(0, 4, 0, 0) + frame(0xFFFFFF, 0, 0, 1),
    "broken header block": PREFACE + frame(0, 4, 0, 0) + frame(4, 1, 4, 1, b"\xff\xff\xff\xff"),
    "window of nothing": PREFACE + frame(0, 4, 0, 0) + frame(4, 8, 0, 0, b"\0\0\0\0"),
    "data of no call": PREFACE + frame(0, 4, 0, 0) + frame(5, 0, 1, 7, b"\0\xff\xff\xff\xff"),
}


def until_closed(link: socket.socket) -> None:
    """Reads until the other side ends the connection."""
    try:
        while link.recv(65_536):
            pass
    except ConnectionError:
        return


def takes_connections(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
