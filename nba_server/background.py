"""`python -m nba_server.background`: what one process of a fleet does beside answering: archive, timers, webhooks.

Each under a lease, so that any number of these may run and one works.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys

from prometheus_client import CollectorRegistry

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.settings import ArchiverSettings
from nba_server.adapters.catalog.watcher import CatalogWatcher
from nba_server.adapters.journal_codec import JournalCodec
from nba_server.adapters.redis.store import Store
from nba_server.adapters.webhooks.dispatcher import Dispatcher
from nba_server.application.customer_changes import CustomerChanges
from nba_server.application.expire import ExpireContacts
from nba_server.bootstrap import VERSION, open_store
from nba_server.errors import NbaError
from nba_server.observability.metrics import BackgroundMetrics
from nba_server.observability.webhooks import WebhookMetrics
from nba_server.processes.leave import Leave
from nba_server.processes.running import run, say_ready
from nba_server.settings import Settings

TIMERS = "timers"
LEASE_MS = 5_000
TIMERS_EVERY_S = 0.5
STATES_EVERY_S = 2.0
CAPS_EVERY_S = 5.0
BATCH = 500
YIELDS = 5
"""How nice it is: where archive and decisions want the same processor, decisions get three quarters of it."""

_log = logging.getLogger("nba.background")


async def work(settings: Settings, leave: Leave) -> None:
    """Works until it is asked to leave."""
    os.nice(YIELDS)
    stop, registry = leave.asked, CollectorRegistry()
    metrics = BackgroundMetrics(registry)
    store = await open_store(settings)
    catalogs = CatalogWatcher(store.snapshots)
    try:
        await catalogs.start()
        webhooks = await open_webhooks(settings, store, registry)
        archiver = Archiver(store, settings.archive_location, pace(settings), followers=store.webhooks)
        journal = JournalCodec(VERSION)
        changes = CustomerChanges(reader=store.reader, writer=store.customers)
        expire = ExpireContacts(timers=store.timers, changes=changes, catalogs=catalogs, journal=journal)
        say_ready({"archive": settings.archive_location})
        await asyncio.gather(
            archiver.run(stop),
            end_waits(store, expire, metrics, stop),
            tell_states(store, archiver, metrics, stop),
            take_caps_back(store, catalogs, metrics, stop),
            *([webhooks.run(stop)] if webhooks else []),
        )
    finally:
        await catalogs.stop()
        await store.close()


async def open_webhooks(settings: Settings, store: Store, registry: CollectorRegistry) -> Dispatcher | None:
    """The webhooks, known to the store before the archiver may forget anything; None when nobody is to be told."""
    if settings.webhooks is None:
        for state in await store.webhooks.states():
            facts = {"endpoint": state.name, "mend": "name the file (--webhooks), or run nba webhooks forget"}
            _log.warning("an endpoint of webhooks holds up the journal and nobody tells it", extra=facts)
        return None
    webhooks = Dispatcher(store, settings.webhooks, WebhookMetrics(registry), version=VERSION)
    await webhooks.register()
    return webhooks


def pace(settings: Settings) -> ArchiverSettings:
    """How the archiver works, by the server's settings."""
    return ArchiverSettings(
        interval_ms=settings.archive_interval,
        keep_ms=settings.journal_keep,
        keep_entries=settings.journal_keep_entries,
        keep_bytes=settings.journal_keep_bytes,
        retention_days=settings.archive_retention,
    )


async def end_waits(store: Store, expire: ExpireContacts, metrics: BackgroundMetrics, stop: asyncio.Event) -> None:
    """Serves due timers until `stop`, whenever this process holds the lease. Failures are logged and tried again."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    fence: int | None = None
    while not stop.is_set():
        pause = TIMERS_EVERY_S
        try:
            fence = await store.leases.acquire(TIMERS, LEASE_MS, owner)
            if fence is not None:
                expired = await expire(BATCH)
                metrics.timers.inc(expired.ended)
                if expired.due == BATCH and not expired.failed:
                    pause = 0.0
                for error in expired.failed.values():
                    _log.warning("a wait could not be ended and is tried again", extra={"reason": error.reason})
        except NbaError as error:
            _log.warning("timers are tried again", extra={"reason": error.reason, "detail": error.detail})
        await _pause(stop, pause)
    if fence is not None:
        with contextlib.suppress(NbaError):
            await store.leases.release(TIMERS, fence)


async def take_caps_back(
    store: Store, catalogs: CatalogWatcher, metrics: BackgroundMetrics, stop: asyncio.Event
) -> None:
    """Takes back what buckets do not spend of caps, and tells how far they are used.

    Any number of processes may do it; each unit comes back once.
    """
    while not stop.is_set():
        catalog = catalogs.live
        if catalog.caps:
            try:
                await store.caps.take_back(catalog.caps, catalog.plan.zone)
                for use in (await store.cap_uses.uses(catalog.caps, catalog.plan.zone))[1]:
                    for kind, units in (("spent", use.spent), ("held", use.held), ("left", use.left)):
                        metrics.caps.labels(use.cap.id, kind).set(units)
            except NbaError as error:
                _log.warning("units of caps are taken back later", extra={"reason": error.reason})
        await _pause(stop, CAPS_EVERY_S)


async def tell_states(store: Store, archiver: Archiver, metrics: BackgroundMetrics, stop: asyncio.Event) -> None:
    """Keeps the gauges of journal and archive."""
    archived = 0
    while not stop.is_set():
        with contextlib.suppress(NbaError):
            metrics.journal_length.set(await store.journal.length())
        metrics.archive_lag.set(archiver.lag_ms / 1000)
        metrics.archived.inc(archiver.archived - archived)
        archived = archiver.archived
        await _pause(stop, STATES_EVERY_S)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


if __name__ == "__main__":
    sys.exit(run(work))
