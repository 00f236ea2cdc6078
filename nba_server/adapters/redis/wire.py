"""Connections on which a batch of commands is one write, and its replies are read as they come: no task, no timer a command.

Connecting (addresses, TLS, credentials) is redis-py's; the connected socket is taken over from it.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import InvalidResponse

Settled = Callable[[list[Any] | Exception], None]
"""Is told the replies in order, refusals as exceptions in their places; or why there are none."""

BRISK_S = 0.0001
_CHUNK = 1 << 18
_ROOM = 1 << 20


class Wire(ABC):
    """A connection whose batches are answered in the order in which they were asked. What is below it sends bytes and hands in
    what arrives."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader(protocolError=InvalidResponse, replyError=self._refused)
        self._asked: deque[tuple[int, Settled]] = deque()
        self._replies: list[Any] = []
        """Of the first that was asked."""
        self._loading: Exception | None = None
        self.closed = False
        self.why: Exception | None = None
        """It was closed."""

    def ask(self, payload: bytes, owed: int, settled: Settled) -> None:
        """Sends packed commands; `settled` is told their `owed` replies, or `LostConnection`."""
        self._asked.append((owed, settled))
        self._send(payload)

    def exchange(self, payload: bytes, owed: int, seconds: float) -> list[Any] | None:
        """Asks where nothing else is under way, and waits in place for up to `seconds`: the replies.

        None where they do not come so soon: then `expect` is to be told at once who is told of them, or the wire is closed.
        Raises `LostConnection` where there are no answers yet.
        """
        self._send(payload)
        return None

    def expect(self, owed: int, settled: Settled) -> None:
        """What `exchange` has asked for in vain is still owed."""
        self._asked.append((owed, settled))

    def close(self, why: Exception | None = None) -> None:
        """Ends the connection at once; what is owed fails with `why`."""
        if self.closed:
            return
        self.closed, self.why = True, why
        self._end()
        asked, self._asked = self._asked, deque()
        for _, settled in asked:
            settled(why or LostConnection("the connection was closed"))

    @abstractmethod
    def _send(self, payload: bytes) -> None:
        """All of it, now or as soon as there is room."""

    @abstractmethod
    def _end(self) -> None:
        """Closes what is below."""

    def _arrived(self, data: bytes | memoryview) -> None:
        """Part of the replies, or the last of them."""
        reader = self._reader
        whole: list[list[Any] | Exception] = []
        try:
            reader.feed(data)  # type: ignore[arg-type]  # its stub knows no views
            while (reply := reader.gets()) is not False:
                self._replies.append(reply)
                if len(whole) == len(self._asked):  # more than was asked for: what came before is not trusted either
                    self._lost(None)
                    return
                if len(self._replies) == self._asked[len(whole)][0]:
                    whole.append(self._loading or self._replies)
                    self._replies, self._loading = [], None
        except InvalidResponse as error:
            self._lost(error)
            return
        ended = [self._asked.popleft()[1] for _ in whole]  # who is told may ask on this wire, or close it
        for settled, outcome in zip(ended, whole, strict=True):
            settled(outcome)

    def _refused(self, text: str) -> Exception:
        """A refusal is a reply, unless the server only says that it loads its data: then it has no answers yet."""
        error: Exception = BaseParser.parse_error(text)  # type: ignore[no-untyped-call]
        if isinstance(error, LostConnection):
            self._loading = error
        return error

    def _lost(self, error: Exception | None) -> None:
        self.close(LostConnection(f"the connection was lost: {error or 'it was closed'}"))


class SocketWire(Wire):
    """On a socket of its own, without TLS: written and read at once, and a short answer may be waited for in place."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        connected.setblocking(False)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ROOM)  # a whole batch, where the system allows it
        self._socket = connected
        self._number = connected.fileno()
        self._left: deque[memoryview] = deque()
        self._brisk = False
        self._buffer = memoryview(bytearray(_CHUNK))
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._number, self._read)

    def exchange(self, payload: bytes, owed: int, seconds: float) -> list[Any] | None:
        """A brisk store is asked until it answers, for the first moment: to be put to sleep and woken takes most of that."""
        self._send(payload)
        clock, reader, replies = time.perf_counter, self._reader, self._replies
        brisk_until = clock() + BRISK_S
        try:
            while not self._left and not self.closed:
                if (arrived := self._received()) is None:
                    if not (self._brisk and clock() < brisk_until) and not self._poll.poll(seconds * 1000):
                        break
                    continue
                reader.feed(arrived)  # type: ignore[arg-type]  # its stub knows no views
                while (reply := reader.gets()) is not False:
                    replies.append(reply)
                if len(replies) >= owed:
                    self._brisk = clock() < brisk_until
                    return self._exchanged(owed)
        except InvalidResponse as error:
            self._lost(error)
        self._brisk = False
        return None

    def _exchanged(self, owed: int) -> list[Any] | None:
        replies, loading = self._replies, self._loading
        self._replies, self._loading = [], None
        if len(replies) > owed:  # more than was asked for: what came before is not trusted either
            self._lost(None)
            return None
        if loading is not None:
            raise loading
        return replies

    def _send(self, payload: bytes) -> None:
        behind = bool(self._left)
        self._left.append(memoryview(payload))
        if not behind:
            self._write()
            if self._left:
                self._loop.add_writer(self._number, self._write_on)

    def _write_on(self) -> None:
        self._write()
        if not self._left and not self.closed:
            self._loop.remove_writer(self._number)

    def _write(self) -> None:
        left = self._left
        try:
            while left:
                sent = self._socket.send(left[0])
                if sent < len(left[0]):
                    left[0] = left[0][sent:]
                    return
                left.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._lost(error)

    def _read(self) -> None:
        if arrived := self._received():
            self._arrived(arrived)

    def _received(self) -> memoryview | None:
        """What is there; None: nothing yet. Empty where the connection is lost."""
        try:
            size = self._socket.recv_into(self._buffer)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            self._lost(error)
            return self._buffer[:0]
        if not size:
            self._lost(None)
        return self._buffer[:size]

    def _end(self) -> None:
        self._loop.remove_reader(self._number)
        self._loop.remove_writer(self._number)
        self._left.clear()
        self._socket.close()


class StreamWire(Wire, asyncio.Protocol):
    """On the event loop's own transport, which can do TLS."""

    def __init__(self, connection: Any) -> None:
        """`connection` is redis-py's, connected, with nothing under way."""
        super().__init__()
        self._taken_over = (connection, connection._writer)  # which would close the socket when it is forgotten
        self._transport = cast("asyncio.Transport", connection._writer.transport)
        self._transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Of the transport."""
        self._arrived(data)

    def connection_lost(self, error: Exception | None) -> None:
        """What is owed will not come."""
        self._lost(error)

    def _send(self, payload: bytes) -> None:
        self._transport.write(payload)

    def _end(self) -> None:
        connection, _ = self._taken_over
        connection._reader = connection._writer = None
        self._transport.abort()


async def connected(connection: Any) -> Wire:
    """A wire on a connection of redis-py's that is not connected yet. Raises what redis-py says when it cannot be."""
    await connection.connect()
    transport = connection._writer.transport
    if transport.get_extra_info("sslcontext") is not None:
        return StreamWire(connection)
    copy = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    transport.abort()  # ends the transport's own number of the socket; the connection lives on in ours
    connection._reader = connection._writer = None
    return SocketWire(copy)
