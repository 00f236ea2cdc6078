"""Services written for grpc.aio, by the methods that they answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import grpc

from nba_server.transport.grpc.streams import Metadata


class _Asked(NamedTuple):
    """What a service is asked for a handler by."""

    method: str
    invocation_metadata: Metadata


class Services:
    """Those of one server."""

    def __init__(self) -> None:
        self._services: list[grpc.GenericRpcHandler] = []

    def add(self, handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Some more."""
        self._services.extend(handlers)

    def find(self, method: bytes, metadata: Metadata) -> grpc.RpcMethodHandler | None:
        """Who answers a method; None: nobody does."""
        asked = _Asked(method.decode(errors="replace"), metadata)
        return next((found for service in self._services if (found := service.service(asked)) is not None), None)
