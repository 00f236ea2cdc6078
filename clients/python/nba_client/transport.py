"""Sends calls over gRPC, synchronously or in asyncio; the only place that turns grpc's errors into ours."""

from __future__ import annotations

from typing import Any, Protocol

import grpc
import grpc.aio

from nba_client import channel
from nba_client.call import Call
from nba_client.errors import from_rpc
from nba_client.settings import Deadlines, Retry, Tls


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

    def send(self, call: Call[Any], timeout: float | None) -> Any:
        """Sends one call."""
        method = _method(self._methods, self._channel, call)
        seconds = getattr(self._deadlines, call.kind) if timeout is None else timeout
        try:
            return method(call.request, timeout=seconds, metadata=self._headers)
        except grpc.RpcError as error:
            raise from_rpc(error, self._address) from None

    def close(self) -> None:
        """Closes the channel."""
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

    async def send(self, call: Call[Any], timeout: float | None) -> Any:
        """Sends one call."""
        method = _method(self._methods, self._channel, call)
        seconds = getattr(self._deadlines, call.kind) if timeout is None else timeout
        try:
            return await method(call.request, timeout=seconds, metadata=self._headers)
        except grpc.aio.AioRpcError as error:
            raise from_rpc(error, self._address) from None

    async def close(self) -> None:
        """Closes the channel."""
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
