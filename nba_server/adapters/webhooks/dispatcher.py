"""Runs the deliveries of all endpoints in the one process of a fleet that holds the lease, each on its own.

The file of endpoints is the truth: what is not in it is forgotten, and a changed file takes effect within seconds. A file with
faults changes nothing and is said.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

from nba_server.adapters.webhooks.delivery import Delivery, Told
from nba_server.adapters.webhooks.endpoint import Endpoint, Start
from nba_server.adapters.webhooks.endpoint_file import load_endpoints
from nba_server.adapters.webhooks.sending import HttpSender
from nba_server.adapters.webhooks.source import Source
from nba_server.errors import InvalidArgument, NbaError

LEASE = "webhooks"
LEASE_MS = 10_000
LOOK_S = 2.0
SWITCHED_OFF = "switched off in the file"

_log = logging.getLogger("nba.webhooks")


class Dispatcher:
    """The webhooks of one store and one file. `load` reads the file."""

    def __init__(
        self,
        store: Source,
        file: Path,
        told: Told,
        *,
        version: str = "",
        load: Callable[[Path], Sequence[Endpoint]] = load_endpoints,
    ) -> None:
        self._store = store
        self._file = file
        self._told = told
        self._version = version
        self._load = load
        self._endpoints: tuple[Endpoint, ...] | None = None
        self._said: tuple[str, ...] = ()
        self._changed()

    async def register(self) -> None:
        """Makes the file's endpoints known to the store: from then on the journal waits for them. Raises `StoreUnavailable`.

        Nothing happens as long as the file could not be read.
        """
        if self._endpoints is None:
            return
        webhooks = self._store.webhooks
        known = {state.name: state for state in await webhooks.states()}
        for name in known.keys() - {endpoint.name for endpoint in self._endpoints}:
            _log.info("an endpoint is in the file no more and is forgotten", extra={"endpoint": name})
            await webhooks.forget(name)
        for endpoint in self._endpoints:
            begin = await webhooks.ends() if endpoint.start is Start.NOW else {}
            await webhooks.register(endpoint.name, endpoint.url, endpoint.mark, begin)
            disabled = known[endpoint.name].disabled if endpoint.name in known else ""
            if not endpoint.enabled and not disabled:
                await webhooks.disable(endpoint.name, SWITCHED_OFF)
            elif endpoint.enabled and disabled == SWITCHED_OFF:
                await webhooks.disable(endpoint.name, "")

    async def run(self, stop: asyncio.Event) -> None:
        """Delivers until `stop`, whenever this process holds the lease. Failures are logged and tried again."""
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        while not stop.is_set():
            try:
                fence = await self._store.leases.acquire(LEASE, LEASE_MS, owner)
                if fence is not None:
                    await self._hold(fence, stop)
            except NbaError as error:
                _log.warning("webhooks are tried again", extra={"reason": error.reason})
            await _pause(stop, LOOK_S)

    async def _hold(self, fence: int, stop: asyncio.Event) -> None:
        """Works under the lease until it is lost; starts anew when the file has changed."""
        try:
            held = True
            while held and not stop.is_set():
                await self.register()
                async with self._deliveries():
                    while not stop.is_set() and not self._changed():
                        held = await self._store.leases.renew(LEASE, fence, LEASE_MS)
                        if not held:
                            break
                        await _pause(stop, LOOK_S)
        finally:
            with suppress(NbaError):
                await self._store.leases.release(LEASE, fence)

    @asynccontextmanager
    async def _deliveries(self) -> AsyncIterator[None]:
        """All endpoints at work; at the end each keeps how far it is."""
        stop = asyncio.Event()
        tasks = [asyncio.create_task(self._deliver(one, stop), name=one.name) for one in self._endpoints or ()]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks)

    async def _deliver(self, endpoint: Endpoint, stop: asyncio.Event) -> None:
        """One endpoint; a fault of ours in it stops no other."""
        while not stop.is_set():
            try:
                async with HttpSender(endpoint, self._version) as sender:
                    await Delivery(self._store, endpoint, sender, self._told).run(stop)
            except Exception:
                _log.exception(
                    "the delivery to an endpoint broke down and begins anew", extra={"endpoint": endpoint.name}
                )
                await _pause(stop, LOOK_S)

    def _changed(self) -> bool:
        """Whether the file (or a secret that it names) has changed and can be read; its endpoints are the new ones then."""
        try:
            endpoints = tuple(self._load(self._file))
        except InvalidArgument as error:
            faults = tuple(f"{violation.field}: {violation.message}" for violation in error.violations)
            if faults != self._said:
                _log.error(
                    "the file of webhooks has faults; what was read before holds", extra={"faults": list(faults)}
                )
            self._said = faults
            return False
        self._said = ()
        changed, self._endpoints = endpoints != self._endpoints, endpoints
        return changed


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
