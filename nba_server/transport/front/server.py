"""A server on the compiled front, with the face of `grpc.aio.Server` as far as it is needed here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import weakref
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import grpc

from nba_server.transport.front.calls import OpenCall
from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.endpoints import Endpoint, Together, UnderWay, begun, turned_away
from nba_server.transport.grpc.server import Listen
from nba_server.transport.grpc.services import Services
from nba_server.transport.grpc.streams import Stream

METADATA = 16_384
"""Bytes, as HTTP/2 counts them."""
BACKLOG = 4_096
_TICK_S, _TICKS_OF_AGE = 1.0, 20
_GONE, _OPENED, _MESSAGE, _LAST = -1, -2, -3, -4
"""What `take_in` tells besides calls."""
_UNKNOWN = grpc.StatusCode.UNKNOWN.value[0]
_CANCELLED = grpc.StatusCode.CANCELLED.value[0]
_UNIMPLEMENTED = grpc.StatusCode.UNIMPLEMENTED.value[0]
_RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
_INTERNAL = grpc.StatusCode.INTERNAL.value[0]
_TOGETHER = 16
"""So many calls begin together at most: whoever comes behind them is let in or not with them counted."""
_INFLATED = 8
"""So many messages of the largest size may be inflated in one look."""
_WINDOW_BITS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_log = logging.getLogger("nba.server")


class FrontServer:
    """Answers handlers of bytes and services written for grpc.aio; `take_in` brings in what has arrived."""

    def __init__(self, listen: Listen) -> None:
        self._listen = listen
        self._library: Any = import_module("nba_server.transport.front._front")
        self._front: Any = None
        self._sockets: list[socket.socket] = []
        self._methods: list[tuple[str, Handler]] = []
        self._names: list[str] = []
        self._ways: list[Together | None] = []
        """Of each method that has one, for calls that come together."""
        self._services = Services()
        self._under_way: dict[int, UnderWay] = {}
        self._open: dict[int, OpenCall] = {}
        self._inflated_bytes = 0
        """By the look at hand: what is packed is small, and they are all in memory together."""
        self._last: asyncio.Event | None = None
        """Waited for while the server ends: no call is under way, and the answers have been taken."""
        self._tick: asyncio.TimerHandle | None = None

    def bind(self, address: str, credentials: Any = None) -> int:
        """The bound port. Raises `RuntimeError`."""
        if credentials is not None:
            raise RuntimeError("no TLS here")
        try:
            self._sockets = _bound(address)
        except OSError as fault:
            raise RuntimeError(f"Failed to bind to address {address}: {fault}") from fault
        weakref.finalize(self, _let_go, self._sockets)  # of a server that is never started, nor stopped
        name = self._sockets[0].getsockname()
        return int(name[1]) if isinstance(name, tuple) else 1

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        self._methods += handlers.items()
        self._names = [name for name, _ in self._methods]
        self._ways = [one.together(self) if isinstance(one, Endpoint) else None for _, one in self._methods]

    def add_generic_rpc_handlers(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Before `start`: services written for grpc.aio."""
        self._services.add(handlers)

    def add_registered_method_handlers(self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler]) -> None:
        """They are among the generic ones too."""

    async def start(self) -> None:
        """Takes calls."""
        listen = self._listen
        self._loop = asyncio.get_running_loop()
        self._front = self._library.Front(
            self._names, listen.streams, listen.max_message, METADATA, listen.max_connection_age
        )
        for one in self._sockets:
            one.listen(BACKLOG)
            self._front.listen(one)
            one.close()
        self._loop.add_reader(self._front.fileno(), self.take_in)
        self._every_s = min(_TICK_S, (listen.max_connection_age or 1e9) / 1000 / _TICKS_OF_AGE)
        self._ticked()

    def leave(self, port: int) -> None:
        """Takes no new connections, and no new calls on those that are there: each ends with its last call."""
        if self._front is not None:
            self._front.leave()

    async def stop(self, seconds: float) -> None:
        """Takes no calls any more; those under way have so long."""
        if self._front is None:
            _let_go(self._sockets)
            return
        self._front.leave()
        self._last = asyncio.Event()
        self._see_last()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._last.wait(), seconds)
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
            self._loop.remove_reader(self._front.fileno())
        self._front.close()
        self.take_in()  # who has gone by that

    def take_in(self) -> None:
        """Begins and ends by now what has arrived."""
        self._inflated_bytes = 0
        crowd: list[tuple[Call, bytes]] = []
        way: Together | None = None
        for number, kind, data, metadata, seconds_left, encoding in self._front.take_in() or ():
            if kind >= 0 and not encoding and (its := self._ways[kind]) is not None:
                if its is not way or len(crowd) == _TOGETHER:
                    self._begin_all(way, crowd)
                    way, crowd = its, []
                if (refusal := its.turned_away(seconds_left)) is not None:
                    self._end(number, refusal)
                    continue
                crowd.append((Call(self._names[kind], metadata, seconds_left, number=number), data))
                continue
            self._begin_all(way, crowd)
            way, crowd = None, []
            try:
                if kind >= 0:
                    self._begin(number, kind, data, metadata, seconds_left, encoding)
                elif kind == _GONE:
                    self._gone(number)
                else:
                    self._open_call(number, kind, data, metadata, encoding)
            except Exception:  # a fault of one call must not keep the others from going on
                _log.exception("a call could not go on")
                self._finish(number, _INTERNAL, "internal error")
        self._begin_all(way, crowd)
        self._see_last()

    def _begin_all(self, way: Together | None, crowd: Sequence[tuple[Call, bytes]]) -> None:
        if way is None:
            return
        try:
            self._under_way.update((call.number, one) for call, one in way.begin(crowd))
        except Exception:
            _log.exception("calls could not go on")
            for call, _ in crowd:
                self._finish(call.number, _INTERNAL, "internal error")

    def well(self, answers: Sequence[tuple[Call, bytes]]) -> None:
        """These of a crowd have their answers."""
        respond, under_way, later = self._front.respond, self._under_way, False
        for call, answer in answers:
            under_way.pop(call.number, None)
            later = respond(call.number, answer) or later
        self._see_last()
        if later:
            self._loop.call_soon(self._flush)

    def ill(self, call: Call, fault: BaseException) -> None:
        """This one of a crowd has none."""
        self._end(call.number, fault)

    def _begin(
        self,
        number: int,
        method: int,
        request: bytes,
        metadata: Mapping[str, str | bytes],
        seconds_left: float | None,
        encoding: str,
    ) -> None:
        name, handler = self._methods[method]
        if (refusal := turned_away(handler, seconds_left)) is not None:
            self._end(number, refusal)
            return
        if encoding:
            inflated = self._inflated(number, request, encoding)
            if inflated is None:
                return
            request = inflated
        call = Call(name, metadata, seconds_left)
        under_way = begun(handler, request, call, partial(self._end, number))
        if under_way is not None:
            self._under_way[number] = under_way

    def _gone(self, number: int) -> None:
        if (under_way := self._under_way.get(number)) is not None:
            under_way.cancel()
        elif (one := self._open.get(number)) is not None:
            one.lost()

    def _end(self, number: int, outcome: bytes | BaseException) -> None:
        self._under_way.pop(number, None)
        self._see_last()
        if isinstance(outcome, bytes):
            later = self._front.respond(number, outcome)
        elif isinstance(outcome, Aborted):
            status = outcome.status
            later = self._front.finish(number, status.code, status.message, outcome.trailers)
        else:  # nobody hears it, unless it was not the caller who has gone
            code = _CANCELLED if isinstance(outcome, asyncio.CancelledError) else _UNKNOWN
            later = self._front.finish(number, code, "", ())
        if later:
            self._loop.call_soon(self._flush)

    def _see_last(self) -> None:
        if self._last is not None and not self._under_way and not self._open and not self._front.owing():
            self._last.set()

    def _flush(self) -> None:
        self._front.flush()
        self._see_last()

    def _closed(self, number: int) -> None:
        self._open.pop(number, None)
        self._see_last()

    def _open_call(
        self, number: int, kind: int, data: bytes, metadata: Mapping[str, str | bytes], encoding: str
    ) -> None:
        if kind == _OPENED:
            handler = self._services.find(data, tuple(metadata.items()))
            if handler is None:
                self._finish(number, _UNIMPLEMENTED, "Method not found!")
                return
            one = self._open[number] = OpenCall(self._front, number, data)
            task = self._loop.create_task(Stream(one, handler).run())
            task.add_done_callback(lambda _: self._closed(number))
            one.gone = task.cancel
        elif (known := self._open.get(number)) is not None:
            message = None if kind == _LAST else data
            if message is not None and encoding:
                message = self._inflated(number, data, encoding)
                if message is None:
                    self._gone(number)
                    return
            if not known.arrived(message):
                self._finish(number, _RESOURCE_EXHAUSTED, "more messages than are read")
                self._gone(number)

    def _inflated(self, number: int, message: bytes, encoding: str) -> bytes | None:
        """The message; None: its call has ended for what it is."""
        bits, most = _WINDOW_BITS.get(encoding), self._listen.max_message
        if bits is None:
            accepted = [("grpc-accept-encoding", ",".join(("identity", *_WINDOW_BITS)))]
            self._finish(number, _UNIMPLEMENTED, f"grpc-encoding {encoding} is not known", accepted)
            return None
        inflate = zlib.decompressobj(bits)
        try:
            found = inflate.decompress(message, most + 1)
        except zlib.error:
            self._finish(number, _INTERNAL, f"the message is no {encoding}")
            return None
        self._inflated_bytes += len(found)
        if len(found) > most or self._inflated_bytes > _INFLATED * most:
            self._finish(number, _RESOURCE_EXHAUSTED, f"Received message larger than max ({most})")
            return None
        if not inflate.eof:
            self._finish(number, _INTERNAL, f"the message is no {encoding}: it is cut off")
            return None
        return found

    def _finish(self, number: int, code: int, text: str, trailers: Iterable[tuple[str, str]] = ()) -> None:
        self._front.finish(number, code, text, list(trailers))
        self._front.flush()

    def _ticked(self) -> None:
        self._tick = self._loop.call_later(self._every_s, self._ticked)
        self._front.tick()
        self.take_in()  # who has gone by that


def _let_go(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _is_here(family: int, where: Any) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.bind((where[0], 0, *where[2:]))
    except OSError:
        return False
    return True


def _bound(address: str) -> list[socket.socket]:
    """A socket for each address that the name has, all on one port. Raises `OSError`."""
    if address.startswith("unix:"):
        path = address.removeprefix("unix:").removeprefix("//")
        one = socket.socket(socket.AF_UNIX)
        one.setblocking(False)
        one.bind(path)
        return [one]
    host, _, number = address.rpartition(":")
    port, sockets = int(number), list[socket.socket]()
    flags = socket.AI_PASSIVE
    found = socket.getaddrinfo(host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=flags)
    try:
        for family, _, _, _, where in sorted(dict.fromkeys(found)):  # IPv4 first
            if sockets and not _is_here(family, where):
                continue  # a name may have addresses of a kind that this machine does not
            one = socket.socket(family)
            sockets.append(one)
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                both = host.strip("[]") in ("", "::") and len(set(found)) == 1
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
            one.bind((where[0], port, *where[2:]))
            port = one.getsockname()[1]
    except OSError:
        _let_go(sockets)
        raise
    return sockets
