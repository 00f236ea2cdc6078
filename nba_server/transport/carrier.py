"""What carries the handlers of bytes over gRPC: the contract of both transports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from nba_server.transport.grpc.call import Handler


class Carrier(Protocol):
    """A gRPC server with its health service, bound when it is made. `port` is the bound port, also when 0 was asked for."""

    port: int

    @property
    def take_in(self) -> Callable[[], None] | None:
        """Begins calls that have arrived, cancels those whose callers have gone; None where rounds of the event loop must do."""

    @property
    def services(self) -> tuple[str, ...]:
        """Full names of the services carried."""

    @property
    def serving(self) -> Mapping[str, bool]:
        """What health says of each service now; the empty name is the whole server."""

    def carry(self, handlers: Mapping[str, Handler]) -> None:
        """Before `start`: what is answered, by full method name."""

    async def start(self) -> None:
        """Accepts calls; health says NOT_SERVING until `report` says otherwise."""

    async def report(self, service: str, *, serving: bool) -> None:
        """Sets what health says of a service (empty: the whole server)."""

    async def stop(self, grace_s: float, hurry: asyncio.Event) -> None:
        """Leaves, within `grace_s`; with `hurry` nobody is waited for."""
