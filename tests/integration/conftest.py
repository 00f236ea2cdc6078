"""A real server in this process: the real engine, the minimal example's catalogue, gRPC on a free loopback port."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.settings import GRPCIO, Settings
from tests.integration.running import Running, running_server

MINIMAL = Path(__file__).parents[2] / "examples" / "minimal"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A copy of the minimal example, to be changed at will."""
    return Path(shutil.copytree(MINIMAL, tmp_path / "catalogue"))


@pytest.fixture
def transport() -> str:
    """What carries gRPC; `NBA_TEST_TRANSPORT=native` runs the same tests on the other transport."""
    return os.environ.get("NBA_TEST_TRANSPORT", GRPCIO)


@pytest.fixture
def settings(engine: EmbeddedEngine, catalogue: Path, tmp_path: Path, transport: str) -> Settings:
    """Settings of a server on the session's engine."""
    return Settings(
        store=engine.url,
        catalog=catalogue,
        data=tmp_path / "data",
        listen="127.0.0.1:0",
        metrics="",
        drain=5_000,
        sample_reasons=1,
        transport=transport,
    )


@pytest.fixture
async def server(settings: Settings, store: Store) -> AsyncIterator[Running]:
    """A server on a fresh live store."""
    async with running_server(settings) as running:
        yield running
