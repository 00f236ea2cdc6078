"""`nba serve` as a story: engine, port, metrics page, workers, background process; then wait; then all of it backwards.

This process answers no call itself. What it starts ends with it; only the engine outlives its violent death, and the next
supervisor adopts it.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.errors import NbaError
from nba_server.observability.page import MetricsPage, child_environment
from nba_server.processes.child import Child
from nba_server.processes.leave import HURRY, Leave
from nba_server.processes.port import SharedPort
from nba_server.processes.ready import Ready, Urls
from nba_server.settings import Settings
from nba_server.tasks import ended

ENGINE_EVERY_S = 0.25
HURRY_EVERY_S = 0.5
KILL_AFTER_S = 5.0
"""How much longer than its drain time a child may take to end."""
QUIET = {"GRPC_VERBOSITY": "NONE"}
"""gRPC writes lines of its own to standard error, which are neither JSON nor ours; set the variable to see them."""

_log = logging.getLogger("nba.lifecycle")


async def serve(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Runs the server until SIGTERM (callers are drained) or SIGINT (at once); `announce` is told when it answers.

    Raises `NbaError` when it cannot start; nothing of it runs any more then.
    """
    leave = Leave()
    leave.listen(ctrl_c=True)
    async with running(settings, leave) as ready:
        if ready is not None:
            announce(ready)
            await leave.asked.wait()
            _log.info("stopping: callers may leave", extra={"drain_ms": 0 if leave.hurry.is_set() else settings.drain})
    _log.info("stopped")


@asynccontextmanager
async def running(settings: Settings, leave: Leave) -> AsyncIterator[Ready | None]:
    """All processes of a server, up and answering; None when it is asked to leave first."""
    async with AsyncExitStack() as closing:
        store = settings.store or await _engine(settings, closing)
        port = SharedPort(settings.listen)
        closing.callback(port.close)
        http = SharedPort(settings.http, "--http") if settings.http else None
        if http is not None:
            closing.callback(http.close)
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="nba-metrics-")))
        page = MetricsPage(settings.metrics, folder) if settings.metrics else None
        if page is not None:
            closing.callback(page.close)
        http_address = http.address if http else ""
        child_settings = dataclasses.replace(settings, store=store, listen=port.address, http=http_address)
        environment = QUIET | child_environment(folder) | child_settings.environment()
        forget = page.forget if page is not None else lambda pid: None
        workers = [
            Child(f"worker-{number}", "nba_server.worker", environment, leave.asked, forget)
            for number in range(settings.workers)
        ]
        facts = await _start(workers, leave, closing, settings)
        background = Child("background", "nba_server.background", environment, leave.asked, forget)
        if facts is None or await _start([background], leave, closing, settings) is None:
            yield None
            return
        scheme = "https" if settings.tls_cert else "http"
        urls = Urls(f"{scheme}://{http_address}" if http else "", page.url if page else "")
        ready = Ready.of(settings, store, port.address, urls, facts[0])
        closing.callback(ready.forget)
        ready.note()
        yield ready


async def _engine(settings: Settings, closing: AsyncExitStack) -> str:
    """The embedded engine, brought up again whenever it dies; its address."""
    engine = await asyncio.to_thread(EmbeddedEngine.start, settings.data, durability=settings.durability)
    closing.push_async_callback(asyncio.to_thread, engine.stop)
    watch = asyncio.create_task(_keep_alive(engine), name="engine-watch")
    closing.push_async_callback(ended, watch)
    return engine.url


async def _keep_alive(engine: EmbeddedEngine) -> None:
    while True:
        await asyncio.sleep(ENGINE_EVERY_S)
        if engine.alive():
            continue
        _log.error("the store's engine died and is started again")
        try:
            await asyncio.to_thread(engine.restart)
        except NbaError as error:
            _log.error("the engine does not come up yet", extra={"why": error.message})


async def _start(
    children: list[Child], leave: Leave, closing: AsyncExitStack, settings: Settings
) -> list[dict[str, object]] | None:
    """Starts children and waits until all are ready; None when asked to leave first. Raises the first failure."""
    closing.push_async_callback(_stop_all, children, leave, settings.drain / 1000 + KILL_AFTER_S)
    for child in children:
        child.start()
    stopped = asyncio.ensure_future(leave.asked.wait())
    waiting = asyncio.ensure_future(asyncio.gather(*(child.ready for child in children)))
    try:
        await asyncio.wait([stopped, waiting], return_when=asyncio.FIRST_COMPLETED)
        return await waiting if waiting.done() else None
    finally:
        stopped.cancel()
        waiting.cancel()


async def _stop_all(children: list[Child], leave: Leave, grace_s: float) -> None:
    hurried = asyncio.create_task(_hurry(children, leave))
    await asyncio.gather(*(child.stop(grace_s) for child in children))
    await ended(hurried)


async def _hurry(children: list[Child], leave: Leave) -> None:
    await leave.hurry.wait()
    while True:  # until cancelled: a signal that meets SIGTERM in the same turn of the child's loop may be missed
        for child in children:
            child.send(HURRY)
        await asyncio.sleep(HURRY_EVERY_S)
