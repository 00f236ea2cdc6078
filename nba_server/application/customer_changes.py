"""Changes customers by compare-and-set: read, plan, write; whoever was slower reads again and plans again.

One instance serves all use cases of a process, so that its own calls queue per customer instead of racing each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from weakref import WeakValueDictionary

from nba_server.application.batching import as_error
from nba_server.application.ports import CustomerReader, CustomerRef, CustomerWrite, CustomerWriter, located
from nba_server.domain.engagement import CustomerState
from nba_server.errors import Conflict, NbaError

ATTEMPTS = 16

Plan = Callable[[CustomerState, int], CustomerWrite | None]
"""From a customer's state and the store's now to the write, or None when nothing changes.

It may be called again on newer data: only what its last call noted holds. What it raises is that customer's error.
"""


class CustomerChanges:
    """Applies plans, all customers of a call in one round trip a round."""

    def __init__(
        self, *, reader: CustomerReader, writer: CustomerWriter, attempts: int = ATTEMPTS, confirm: bool = False
    ) -> None:
        """`confirm`: what changes nothing is written too, since a repeat may only be acknowledged when replicas have it."""
        self._confirm = confirm
        self._reader = reader
        self._writer = writer
        self._attempts = attempts
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, plans: Mapping[CustomerRef, Plan]) -> dict[CustomerRef, NbaError]:
        """The errors of those customers that could not be changed; empty when all were."""
        failed: dict[CustomerRef, NbaError] = {}
        async with AsyncExitStack() as held:
            for ref in sorted(plans, key=lambda customer: customer.ref):
                await held.enter_async_context(self._lock(ref))
            waiting = dict(plans)
            for _ in range(self._attempts):
                if not waiting:
                    return failed
                try:
                    waiting = await self._round(waiting, failed)
                except Exception as fault:
                    return failed | {ref: as_error(fault) for ref in waiting if ref not in failed}
        contended = Conflict("others change this customer all the time; try again", reason="CUSTOMER_CONTENDED")
        return failed | dict.fromkeys(waiting, contended)

    async def _round(
        self, plans: dict[CustomerRef, Plan], failed: dict[CustomerRef, NbaError]
    ) -> dict[CustomerRef, Plan]:
        refs = list(plans)
        read = await self._reader.read(refs)
        writes: dict[CustomerRef, CustomerWrite] = {}
        for ref, state in zip(refs, read.states, strict=True):
            try:
                write = plans[ref](state, read.now_ms)
            except Exception as fault:
                failed[ref] = as_error(fault)
                continue
            if write is None and self._confirm:
                write = CustomerWrite(ref, state.engagement_version)
            if write is not None:
                writes[ref] = replace(write, customer=located(ref, state))
        if not writes:
            return {}
        done = await self._writer.write(list(writes.values()))
        return {ref: plans[ref] for ref, ok in zip(writes, done, strict=True) if not ok}

    def _lock(self, ref: CustomerRef) -> asyncio.Lock:
        lock = self._locks.get(ref.ref)
        if lock is None:
            lock = self._locks[ref.ref] = asyncio.Lock()
        return lock
