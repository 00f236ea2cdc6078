"""A catalogue that changes while the server answers."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from nba_server.pb import catalog_pb2
from tests.integration.running import Running
from tests.store.builders import until

GOES_LIVE_WITHIN_S, TRIES = 2.0, 3


class Load:
    """Calls that never stop; whatever fails fails the test."""

    def __init__(self, running: Running, callers: int = 4) -> None:
        self._running = running
        self._callers = callers
        self._stop = asyncio.Event()
        self.answers = 0
        self.hashes: set[str] = set()

    async def __aenter__(self) -> Load:
        self._tasks = [asyncio.create_task(self._call(number)) for number in range(self._callers)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _call(self, number: int) -> None:
        while not self._stop.is_set():
            answer = await self._running.stubs.decide(f"load-{number}", "web", preview=True)
            self.answers += 1
            self.hashes.add(answer.catalog_hash)


async def test_a_change_goes_live_without_a_failed_call(server: Running, catalogue: Path) -> None:
    """A changed folder serves within two seconds, and no call fails meanwhile; on a machine that stalls it is tried again."""
    hashes, taken = [server.serving.catalogs.live.hash], []
    headline, file = "Everything in the app", catalogue / "serve.yaml"
    async with Load(server) as load:
        while not taken or (taken[-1] >= GOES_LIVE_WITHIN_S and len(taken) < TRIES):
            text = file.read_text().replace(headline, headline := f"The app has it all: {len(taken)}")
            started = time.monotonic()
            file.write_text(text)
            while (answer := await server.stubs.decide("", "web", preview=True)).catalog_hash == hashes[-1]:
                assert time.monotonic() - started < 30
            taken.append(time.monotonic() - started)
            hashes.append(answer.catalog_hash)
            assert answer.actions[0].content["headline"] == headline
            await until(lambda: hashes[-1] in load.hashes)
    assert load.hashes == set(hashes)
    assert load.answers > 10
    assert min(taken) < GOES_LIVE_WITHIN_S


async def test_a_broken_change_is_refused_and_reported(server: Running, catalogue: Path) -> None:
    """A change with faults is refused with file and line, the old catalogue keeps serving, and mending it clears that."""
    old = server.serving.catalogs.live.hash
    file = catalogue / "sell.yaml"
    sound = file.read_text()
    file.write_text(sound.replace("customer.age >= 18", "customer.aeg >= 18"))
    async with asyncio.timeout(30):
        while not (found := await server.stubs.catalogs.GetCatalog(catalog_pb2.GetCatalogRequest())).refused:
            await server.stubs.decide("", "web", preview=True)
    assert "sell.yaml:" in found.refused
    assert found.live.hash == old
    assert (await server.stubs.decide("", "web", preview=True)).catalog_hash == old
    file.write_text(sound)
    async with asyncio.timeout(30):
        while (await server.stubs.catalogs.GetCatalog(catalog_pb2.GetCatalogRequest())).refused:
            await server.stubs.decide("", "web", preview=True)


async def test_reload_and_roll_back(server: Running, catalogue: Path) -> None:
    """Reload looks at once; rolling back makes the snapshot before live, for everybody."""
    old = server.serving.catalogs.live.hash
    file = catalogue / "catalog.yaml"
    file.write_text(file.read_text().replace("percent: 100", "percent: 50"))
    reloaded = await server.stubs.catalogs.ReloadCatalog(catalog_pb2.ReloadCatalogRequest())
    changed = reloaded.live.hash
    assert changed != old
    back = await server.stubs.catalogs.RollbackCatalog(catalog_pb2.RollbackCatalogRequest())
    assert back.live.hash == old
    assert (await server.stubs.decide("", "web")).catalog_hash == old
    listed = await server.stubs.catalogs.ListCatalogs(catalog_pb2.ListCatalogsRequest())
    assert {version.hash: version.live for version in listed.catalogs} == {old: True, changed: False}
