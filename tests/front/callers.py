"""Two callers that are none of gRPC's: one on h2, which checks what the server sends, and one that sends frames as it likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes, Settings
from hpack import Decoder, Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, RstStreamFrame

from tests.front.frames import Answer, Header, Headers, asking, data, greeting, headers, message, parsed, text

PATIENCE_S = 30


class Caller:
    """A connection on h2. What the server must not send raises; no window grows but by `h2`."""

    def __init__(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], settings: Mapping[SettingCodes, int]
    ) -> None:
        self._reader, self._writer = streams
        config = H2Configuration(
            header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False
        )
        self.h2 = H2Connection(config)
        chosen = {SettingCodes.ENABLE_PUSH: 0, **settings}
        self.h2.local_settings = Settings(client=True, initial_values=chosen)
        self.h2.decoder.max_header_list_size = 1 << 20
        self.h2.initiate_connection()
        self.answers: dict[int, Answer] = {}
        self.events: list[Event] = []
        self.closed = False

    def asks(self, method: str, *more: Header, end: bool = False) -> int:
        """Begins a call; its stream. Sent with what is sent next."""
        stream = int(self.h2.get_next_available_stream_id())
        self.h2.send_headers(stream, asking(method, *more), end_stream=end)
        self.answers[stream] = Answer()
        return stream

    async def send(self, taken: bytes | None = None) -> None:
        """All that h2 has, or other bytes in its place."""
        self._writer.write(self.h2.data_to_send() if taken is None else taken)
        await self._writer.drain()

    async def until(self, seen: Callable[[], bool]) -> None:
        """Reads until then; not longer than the connection is there."""
        async with asyncio.timeout(PATIENCE_S):
            await self.send()
            while not seen() and not self.closed:
                self._take(await self._reader.read(1 << 16))
                await self.send()
            assert seen(), "the connection has ended"

    async def over(self, stream: int) -> Answer:
        """The answer, when nothing more will come."""
        await self.until(lambda: self.answers[stream].over)
        return self.answers[stream]

    async def call(self, method: str, body: bytes, *more: Header) -> Answer:
        """Sends one message, which fits the windows."""
        stream = self.asks(method, *more)
        self.h2.send_data(stream, message(body), end_stream=True)
        return await self.over(stream)

    def seen(self, kind: type[Event]) -> int:
        """How many events of a kind there were."""
        return sum(isinstance(event, kind) for event in self.events)

    def has(self, kind: type[Event], number: int) -> bool:
        """Whether there were so many."""
        return self.seen(kind) >= number

    def may_send(self, stream: int) -> bool:
        """Whether there is room for more."""
        return self.h2.local_flow_control_window(stream) > 0

    def close(self) -> None:
        """At once."""
        self._writer.transport.abort()

    def _take(self, taken: bytes) -> None:
        self.closed = not taken
        for event in self.h2.receive_data(taken) if taken else ():
            self.events.append(event)
            if isinstance(event, ConnectionTerminated):
                continue
            answer = self.answers.get(getattr(event, "stream_id", 0) or 0)
            if answer is None:
                continue
            if isinstance(event, ResponseReceived):
                answer.headers = dict(text(event.headers))
            elif isinstance(event, TrailersReceived):
                answer.trailers = dict(text(event.headers))
            elif isinstance(event, DataReceived):
                answer.data += event.data
            elif isinstance(event, StreamEnded):
                answer.ended = True
            elif isinstance(event, StreamReset):
                answer.reset = int(event.error_code)


class Wire:
    """A connection that sends what it is told, and keeps the frames that come."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._reader, self._writer = streams
        self._rest = b""
        self.encoder, self._decoder = Encoder(), Decoder()
        self.frames: list[Frame] = []
        self.closed = False

    def block(self, headers: Headers) -> bytes:
        """As hpack writes it."""
        return bytes(self.encoder.encode(headers))

    def ask(self, stream: int, method: str, *more: Header, body: bytes | None = b"") -> bytes:
        """The frames of a call with one message; None: it goes on."""
        head = headers(stream, self.block(asking(method, *more)))
        return head if body is None else head + data(stream, message(body), end=True)

    async def send(self, *parts: bytes | Frame) -> None:
        """One behind the other."""
        self._writer.write(b"".join(part if isinstance(part, bytes) else part.serialize() for part in parts))
        await self._writer.drain()

    async def until(self, seen: Callable[[], bool]) -> None:
        """Reads until then; not longer than the connection is there."""
        async with asyncio.timeout(PATIENCE_S):
            while not seen() and not self.closed:
                await self._read()
            assert seen(), "the connection has ended"

    async def until_closed(self) -> None:
        """Reads until the other side ends the connection, in order or not."""
        try:
            await self.until(lambda: self.closed)
        except ConnectionError:
            self.closed = True

    def of(self, kind: type[Frame], stream: int | None = None) -> list[Frame]:
        """The frames of a kind that have come, on a stream or on all."""
        return [one for one in self.frames if isinstance(one, kind) and stream in (None, one.stream_id)]

    async def over(self, stream: int) -> Answer:
        """The answer on a stream, when it has ended."""

        def ends() -> bool:
            its = [one for one in self.frames if one.stream_id == stream]
            return any("END_STREAM" in one.flags or isinstance(one, RstStreamFrame) for one in its)

        await self.until(ends)
        return self.answer(stream)

    def answer(self, stream: int) -> Answer:
        """What has come on a stream. Our server's header blocks use no table, so that any may be read at any time."""
        found = Answer()
        for one in self.frames:
            if one.stream_id != stream:
                continue
            if isinstance(one, HeadersFrame):
                told = dict(text(self._decoder.decode(one.data)))
                found.headers, found.trailers = (found.headers, told) if found.headers else (told, {})
            elif isinstance(one, DataFrame):
                found.data += one.data
            elif isinstance(one, RstStreamFrame):
                found.reset = one.error_code
            found.ended = found.ended or "END_STREAM" in one.flags
        return found

    def close(self) -> None:
        """At once."""
        self._writer.transport.abort()

    async def _read(self) -> None:
        taken = await self._reader.read(1 << 16)
        self.closed = not taken
        found, self._rest = parsed(self._rest + taken)
        self.frames += found


@asynccontextmanager
async def caller(port: int, settings: Mapping[SettingCodes, int] | None = None) -> AsyncIterator[Caller]:
    """A connection of h2's with its own settings."""
    made = Caller(await asyncio.open_connection("127.0.0.1", port), settings or {})
    try:
        yield made
    finally:
        made.close()


@asynccontextmanager
async def wire(port: int, settings: Mapping[int, int] | None = None) -> AsyncIterator[Wire]:
    """A connection that has greeted."""
    made = Wire(await asyncio.open_connection("127.0.0.1", port))
    await made.send(greeting(settings))
    try:
        yield made
    finally:
        made.close()
