"""Sends calls over gRPC, synchronously or in asyncio; the only place that turns grpc's errors into ours.

A call that had no answer is taken back (`Call.undo`) behind the caller's back; closing waits a moment for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any, Protocol

import grpc
import grpc.aio

from nba_client import channel
from nba_client.call import Call
from nba_client.errors import from_rpc
from nba_client.settings import Deadlines, Retry, Tls

LEAVE_S = 1.0
"""Longest time that closing waits for calls to be taken back."""
_UNHEARD = frozenset({grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE})
"""How a call ends whose answer may have been on the wire."""


class Transport(Protocol):
    """Sends one call and gives back the answer's message, or raises an `NbaClientError`."""

    def send(self, call: Call[Any], timeout: float | None) -> Any:
        """`timeout` in seconds; None: the deadline of the call's kind."""

    def close(self) -> None:
        """Closes the channel; calls in flight are cancelled."""


class AsyncTransport(Protocol):
    """As `Transport`, in asyncio."""

    async def send(self, call: Call[Any], timeout: float | None) -> Any:
        """`timeout` in seconds; None: the deadline of the call's kind."""

    async def close(self) -> None:
        """Closes the channel; calls in flight are cancelled."""


class GrpcTransport:
    """A blocking channel; safe to share between threads."""

    def __init__(self, address: str, api_key: str, tls: Tls | None, deadlines: Deadlines, retry: Retry) -> None:
        self._address = address
        self._deadlines = deadlines
        self._headers = channel.headers(api_key)
        chosen = channel.options(retry, tls)
        self._channel: Any = (
            grpc.insecure_channel(address, chosen)
            if tls is None
            else grpc.secure_channel(address, channel.credentials(tls), chosen)
        )
        self._methods: dict[str, Any] = {}
        self._undoing: set[Any] = set()
        self._lock = threading.Condition()

    def send(self, call: Call[Any], timeout: float | None) -> Any:
        """Sends one call."""
        method = _method(self._methods, self._channel, call)
        seconds = getattr(self._deadlines, call.kind) if timeout is None else timeout
        try:
            return method(call.request, timeout=seconds, metadata=self._headers)
        except grpc.RpcError as error:
            failed = from_rpc(error, self._address)
            if error.code() in _UNHEARD and not failed.reason:
                self._undo(call)
            raise failed from None
        except BaseException:  # Ctrl-C in the middle of a call
            self._undo(call)
            raise

    def _undo(self, call: Call[Any]) -> None:
        if call.undo is None:
            return
        method = _method(self._methods, self._channel, call.undo)
        future = method.future(
            call.undo.request, timeout=self._deadlines.write, metadata=self._headers, wait_for_ready=True
        )
        with self._lock:
            self._undoing.add(future)
        future.add_done_callback(self._undone)

    def _undone(self, future: Any) -> None:
        with self._lock:
            self._undoing.discard(future)
            self._lock.notify_all()

    def close(self) -> None:
        """Closes the channel."""
        with self._lock:
            self._lock.wait_for(lambda: not self._undoing, LEAVE_S)
        self._channel.close()


class AsyncGrpcTransport:
    """A channel of the running event loop."""

    def __init__(self, address: str, api_key: str, tls: Tls | None, deadlines: Deadlines, retry: Retry) -> None:
        self._address = address
        self._deadlines = deadlines
        self._headers = channel.headers(api_key)
        chosen = channel.options(retry, tls)
        self._channel: Any = (
            grpc.aio.insecure_channel(address, chosen)
            if tls is None
            else grpc.aio.secure_channel(address, channel.credentials(tls), chosen)
        )
        self._methods: dict[str, Any] = {}
        self._undoing: set[asyncio.Task[None]] = set()

    async def send(self, call: Call[Any], timeout: float | None) -> Any:
        """Sends one call."""
        method = _method(self._methods, self._channel, call)
        seconds = getattr(self._deadlines, call.kind) if timeout is None else timeout
        try:
            return await method(call.request, timeout=seconds, metadata=self._headers)
        except grpc.aio.AioRpcError as error:
            failed = from_rpc(error, self._address)
            if error.code() in _UNHEARD and not failed.reason:
                self._undo(call)
            raise failed from None
        except asyncio.CancelledError:
            self._undo(call)
            raise

    def _undo(self, call: Call[Any]) -> None:
        if call.undo is None:
            return
        task = asyncio.get_running_loop().create_task(self._undone(call.undo))
        self._undoing.add(task)
        task.add_done_callback(self._undoing.discard)

    async def _undone(self, undo: Call[Any]) -> None:
        method = _method(self._methods, self._channel, undo)
        with contextlib.suppress(grpc.aio.AioRpcError):  # its reservation ends by itself
            await method(undo.request, timeout=self._deadlines.write, metadata=self._headers, wait_for_ready=True)

    async def close(self) -> None:
        """Closes the channel."""
        if self._undoing:
            await asyncio.wait(self._undoing, timeout=LEAVE_S)
        await self._channel.close()


def _method(known: dict[str, Any], grpc_channel: Any, call: Call[Any]) -> Any:
    """The channel's callable for the call's path, made once."""
    method = known.get(call.path)
    if method is None:
        method = known[call.path] = grpc_channel.unary_unary(
            call.path,
            request_serializer=type(call.request).SerializeToString,
            response_deserializer=call.answer.FromString,
        )
    return method
