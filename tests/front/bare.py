"""The compiled part alone: what happens is what a test does, look by look, so that nothing has to be waited for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from select import select
from typing import Any

from hpack import Encoder
from hyperframe.frame import Frame, PingFrame, WindowUpdateFrame

from tests.front.frames import asking, data, greeting, headers, message, parsed
from tests.integration.kitchen import ECHO

GONE, OPENED = -1, -2
"""What `take_in` tells besides calls, and messages of what was opened."""
WIDE = greeting({4: 0x7FFFFFFF}) + WindowUpdateFrame(0, 0x7FFF0000).serialize()
"""The greeting of a caller with windows for anything."""
PONG = PingFrame(0, b"n" * 8, flags=["ACK"]).serialize()
"""The answer to a ping that asks whether anybody is there,"""
KNOWN = PingFrame(0, b"l" * 8, flags=["ACK"]).serialize()
"""and to the one behind a GOAWAY."""
WHILE_S = 0.05
"""So long what is sent by TCP may take; by other sockets it is there at once."""


class Bare:
    """A front with one method; `looked` is what it has told."""

    def __init__(self, *terms: int, streams: int = 100, family: int = socket.AF_UNIX) -> None:
        """`terms` are milliseconds: the age of connections, and what goes behind it."""
        library: Any = import_module("nba_server.transport.front._front")
        self.front = library.Front([ECHO], streams, 4 << 20, 16_384, *(terms or (0,)))
        self.looked: list[tuple[Any, ...]] = []
        self.address: Any = ""
        with socket.socket(family) as listening:
            listening.bind(("127.0.0.1", 0) if family == socket.AF_INET else "")
            listening.listen(100)
            listening.setblocking(False)
            self.front.listen(listening)
            self.address = listening.getsockname()

    @contextmanager
    def caller(self, *sent: bytes) -> Iterator[socket.socket]:
        """A connection that has said so much."""
        family = socket.AF_INET if isinstance(self.address, tuple) else socket.AF_UNIX
        with socket.socket(family) as link:
            link.connect(self.address)
            if family == socket.AF_INET:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.setblocking(False)
            link.sendall(b"".join(sent))
            self.look()
            yield link

    def look(self) -> list[tuple[Any, ...]]:
        """What is new."""
        new = list(self.front.take_in() or ())
        while self._ready(self.front):
            new += self.front.take_in() or ()
        self.looked += new
        return new

    def answer(self, number: int, content: bytes) -> None:
        """Ends a call well."""
        self.front.respond(number, content)
        self.front.flush()

    def read(self, link: socket.socket, most: int = 1 << 30) -> bytes:
        """What comes while the front looks, until nothing more does."""
        taken = bytearray()
        while len(taken) < most and (ready := self._ready(self.front, link)):
            if self.front in ready:
                self.looked += self.front.take_in() or ()
            if link in ready:
                new = link.recv(1 << 16)
                if not new:
                    break
                taken += new
        return bytes(taken)

    def _ready(self, *ones: Any) -> list[Any]:
        return select(ones, (), (), WHILE_S if isinstance(self.address, tuple) else 0)[0]

    def frames(self, link: socket.socket) -> list[Frame]:
        """As `read`."""
        found, rest = parsed(self.read(link))
        assert not rest
        return found


def ask(stream: int = 1, body: bytes = b"x", method: str = ECHO) -> bytes:
    """A call, whole."""
    return headers(stream, Encoder().encode(asking(method))) + data(stream, message(body), end=True)


def has_ended(link: socket.socket) -> bool:
    """Whether the other side has closed it."""
    try:
        return not link.recv(1)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
