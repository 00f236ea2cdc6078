"""Connections on which a batch of commands is one write, and its replies are read as they come: no task, no timer a command.

Connecting (addresses, TLS, credentials) is redis-py's; the connected socket is taken over from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis
from redis._parsers.base import BaseParser
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import InvalidResponse
from redis.exceptions import TimeoutError as NoAnswer

from nba_server.adapters.redis.settings import StoreSettings

Argument = str | bytes | int | float
Command = tuple[Argument, ...]
"""One command with its arguments."""


_pack: Callable[[Command], bytes] = hiredis.pack_command  # type: ignore[assignment]  # its stub takes one argument


class Wire(asyncio.Protocol):
    """A connection that has one batch under way at a time."""

    def __init__(self, connection: Any) -> None:
        """`connection` is redis-py's, connected, with nothing under way."""
        self._taken_over = (connection, connection._writer)  # which would close the socket when it is forgotten
        self._transport = cast("asyncio.Transport", connection._writer.transport)
        self._reader = hiredis.Reader(protocolError=InvalidResponse, replyError=BaseParser.parse_error)
        self._replies: list[Any] = []
        self._owed = 0
        self._answer: asyncio.Future[list[Any]] | None = None
        self._transport.set_protocol(self)

    @property
    def closed(self) -> bool:
        """Whether either side has closed it."""
        return self._transport.is_closing()

    def ask(self, payload: bytes, owed: int) -> asyncio.Future[list[Any]]:
        """Sends packed commands; the future has their `owed` replies in order, refusals as exceptions in their places.

        It fails with `LostConnection`. Whoever gives it up must close the wire.
        """
        self._replies, self._owed = [], owed
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(payload)
        return self._answer

    def close(self) -> None:
        """Ends the connection at once."""
        connection, _ = self._taken_over
        connection._reader = connection._writer = None
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Part of the replies, or the last of them."""
        replies, reader = self._replies, self._reader
        try:
            reader.feed(data)
            while (reply := reader.gets()) is not False:
                replies.append(reply)
        except InvalidResponse as error:
            self._fail(error)
            return
        if len(replies) > self._owed:
            self._fail(None)
        elif len(replies) == self._owed and self._answer is not None and not self._answer.done():
            self._answer.set_result(replies)

    def connection_lost(self, error: Exception | None) -> None:
        """What is owed will not come."""
        self._fail(error)

    def _fail(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(LostConnection(f"the connection was lost: {error or 'it was closed'}"))
        self.close()


class Wires:
    """The wires to one server. `connect` makes a connection of redis-py's, not connected yet."""

    def __init__(self, connect: Callable[[], Any], settings: StoreSettings) -> None:
        self._connect = connect
        self._retries = settings.retries
        self._timeout_s = settings.read_timeout_s + settings.replica_wait_s
        self._room = asyncio.Semaphore(settings.connections)
        self._idle: list[Wire] = []

    async def send(self, commands: Sequence[Command]) -> list[Any]:
        """Replies in order, refusals as exceptions in their places. A batch whose connection is lost is sent once more.

        Raises `LostConnection`, `NoAnswer` and what redis-py says of a connection that cannot be had.
        """
        payload = b"".join(map(_pack, commands))
        async with self._room:
            for left in range(self._retries, -1, -1):
                try:
                    return await self._ask(payload, len(commands))
                except LostConnection:
                    if not left:
                        raise
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Closes those that are idle."""
        while self._idle:
            self._idle.pop().close()

    async def _ask(self, payload: bytes, owed: int) -> list[Any]:
        wire = await self._take()
        try:
            async with asyncio.timeout(self._timeout_s):
                replies = await wire.ask(payload, owed)
        except TimeoutError as error:
            wire.close()
            raise NoAnswer(f"no answer within {self._timeout_s:.1f} s") from error
        except BaseException:
            wire.close()
            raise
        self._idle.append(wire)
        for reply in replies:
            if isinstance(reply, LostConnection):  # the server loads its data: it has no answers yet
                raise reply
        return replies

    async def _take(self) -> Wire:
        while self._idle:
            wire = self._idle.pop()
            if not wire.closed:
                return wire
        connection = self._connect()
        await connection.connect()
        return Wire(connection)
