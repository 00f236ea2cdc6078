"""The trainer's lease: one trainer at a time, renewed while it works, with a fence number that promotion checks again.

A trainer that was frozen past its lease finds its fence stale and cannot promote.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from types import TracebackType
from typing import Protocol

LEASE = "train"


class Leases(Protocol):
    """The store's leases."""

    async def acquire(self, name: str, ttl_ms: int, owner: str) -> int | None:
        """The fence number, or None while another holds it."""

    async def renew(self, name: str, fence: int, ttl_ms: int) -> bool:
        """False when it is lost."""

    async def release(self, name: str, fence: int) -> object:
        """Gives it back."""


class TrainerLease:
    """`async with TrainerLease(leases) as lease`: `lease.fence` is None when another trainer is at work."""

    def __init__(self, leases: Leases, *, ttl_ms: int = 60_000, owner: str = "") -> None:
        self._leases = leases
        self._ttl_ms = ttl_ms
        self._owner = owner or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._renewing: asyncio.Task[None] | None = None
        self.fence: int | None = None

    async def __aenter__(self) -> TrainerLease:
        self.fence = await self._leases.acquire(LEASE, self._ttl_ms, self._owner)
        if self.fence is not None:
            self._renewing = asyncio.create_task(self._renew(self.fence), name="trainer-lease")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._renewing
        if self.fence is not None:
            await self._leases.release(LEASE, self.fence)

    async def _renew(self, fence: int) -> None:
        """Prolongs until it is lost; promotion finds that out by the fence."""
        held = True
        while held:
            await asyncio.sleep(self._ttl_ms / 3000)
            held = await self._leases.renew(LEASE, fence, self._ttl_ms)
