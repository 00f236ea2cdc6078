"""The gRPC server on the native front. Carries the same byte handlers as the one on grpcio, with less between wire and handler.

Health and reflection, which stream, are answered by a small grpcio server behind it. It has no TLS and no age of connections, and
keeps `grpc-retry-pushback-ms` for itself: when a refused caller may come back is in the status's details alone (`RetryInfo`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import grpc

from nba_server.transport.grpc.call import Aborted, Call, Handler
from nba_server.transport.grpc.connections import leave_port
from nba_server.transport.grpc.endpoints import UnderWay, begun, turned_away
from nba_server.transport.grpc.server import GrpcServer, Listen
from nba_server.transport.native.front import Front, Metadata

_CANCELLED = grpc.StatusCode.CANCELLED.value[0]
_TOO_LARGE = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
_LAST_S = 1.0
"""What calls in flight get at least."""
_POLL_S = 0.05
_QUIET_POLLS = 4
"""So often in a row nothing may be under way before a leaving server takes its callers for gone."""


class NativeServer:
    """As `GrpcServer`, and `take_in` brings in what has arrived by now."""

    def __init__(self, listen: Listen) -> None:
        """Raises `FailedPrecondition` without the package or the address."""
        self._front = Front(listen)
        self.port = self._front.port
        self.take_in = self._front.take_in
        self._largest = listen.max_message
        self._folder = tempfile.TemporaryDirectory(prefix="nba-native-")
        self._socket = str(Path(self._folder.name) / "others.sock")
        self._others = GrpcServer(dataclasses.replace(listen, address=f"unix:{self._socket}", max_connection_age=0))
        self._methods: list[tuple[str, Handler]] = []
        self._under_way: dict[int, UnderWay] = {}

    @property
    def services(self) -> tuple[str, ...]:
        """Full names."""
        return self._others.services

    @property
    def serving(self) -> Mapping[str, bool]:
        """What health says of each service now; the empty name is the whole server."""
        return self._others.serving

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""
        self._methods = list(handlers.items())
        self._others.carry(handlers)

    async def start(self) -> None:
        """Accepts calls; health says NOT_SERVING until `report` says otherwise."""
        await self._others.start()
        self._front.start(
            [name for name, _ in self._methods], self._socket, self._begin, self._gone, self._under_way.__len__
        )

    async def report(self, service: str, *, serving: bool) -> None:
        """Sets what the health service says of a service (empty: the whole server)."""
        await self._others.report(service, serving=serving)

    async def stop(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Takes no new connections, waits for the calls under way, at most `grace_s`, and closes; `hurry` cuts that short."""
        await self._others.say_leaving()
        leave_port(self.port)
        now = time.monotonic()
        end, last, quiet = now + grace_s, now + max(_LAST_S, grace_s), 0
        while quiet < _QUIET_POLLS and now < (last if self._under_way else end) and not (quiet and hurry.is_set()):
            await asyncio.sleep(_POLL_S)
            quiet, now = 0 if self._under_way else quiet + 1, time.monotonic()
        await self._front.close()
        await self._others.end(0.0)
        self._folder.cleanup()

    def _begin(self, number: int, method: int, request: bytes, metadata: Metadata, seconds_left: float | None) -> None:
        if len(request) > self._largest:
            text = f"Received message larger than max ({len(request)} vs. {self._largest})"
            self._front.fail(number, _TOO_LARGE, text)
            return
        name, handler = self._methods[method]
        if (refusal := turned_away(handler, seconds_left)) is not None:
            self._end(number, refusal)
            return
        call = Call(name, dict(metadata), seconds_left)
        under_way = begun(handler, request, call, lambda outcome: self._end(number, outcome))
        if under_way is not None:
            self._under_way[number] = under_way

    def _gone(self, number: int) -> bool:
        under_way = self._under_way.get(number)
        return under_way is not None and under_way.cancel()

    def _end(self, number: int, outcome: bytes | BaseException) -> None:
        self._under_way.pop(number, None)
        if isinstance(outcome, bytes):
            self._front.answer(number, outcome)
        elif isinstance(outcome, Aborted):
            self._front.fail(number, outcome.status.code, outcome.status.message, [outcome.details])
        else:
            self._front.fail(number, _CANCELLED, "")  # nobody hears it, unless it was not the caller who has gone
