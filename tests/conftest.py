"""Fixtures of the real engine: one a session, emptied for each test that asks for a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.engine.liveness import ask
from nba_server.adapters.redis.settings import StoreSettings
from nba_server.adapters.redis.store import Store

REPLAY_START_MS = 1_767_225_600_000
"""2026-01-01T00:00:00Z, where the clock of `replay_store` stands."""

PATIENT = StoreSettings(patience_s=2.0)
"""A disk or a machine that stalls for a moment is no fault of what is tested; tests of the patience itself have their own."""


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedEngine]:
    """The embedded engine, as `nba serve` starts it; `store` and `replay_store` empty it."""
    with EmbeddedEngine.start(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture
async def store(engine: EmbeddedEngine) -> AsyncIterator[Store]:
    """A fresh live store with seed 1."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    opened = await Store.open(engine.url, seed=1, settings=PATIENT)
    yield opened
    await opened.close()


@pytest.fixture
async def replay_store(engine: EmbeddedEngine) -> AsyncIterator[Store]:
    """A fresh replay store with seed 1, its clock frozen at `REPLAY_START_MS`."""
    ask(engine.socket, "FLUSHALL", timeout_s=10.0)
    opened = await Store.open(engine.url, kind="replay", seed=1, settings=PATIENT)
    await opened.clock.advance(REPLAY_START_MS)
    yield opened
    await opened.close()
