"""A real server in this process: the real engine, the minimal example's catalogue, gRPC on a free loopback port."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nba_server.adapters.embedded import EmbeddedEngine
from nba_server.adapters.redis.store import Store
from nba_server.settings import GRPCIO, NATIVE, Settings
from nba_server.transport.carrier import Carrier
from nba_server.transport.grpc.server import GrpcServer, on_core
from tests.integration.kitchen import HERE, MAKES, Kitchen, started
from tests.integration.running import Running, running_server

NAMED = os.environ.get("NBA_TEST_TRANSPORT", "")
ON_EACH = frozenset({"test_services", "test_decide", "test_life_cycle", "test_gone", "test_health", "test_overload"})
MINIMAL = Path(__file__).parents[2] / "examples" / "minimal"


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A copy of the minimal example, to be changed at will."""
    return Path(shutil.copytree(MINIMAL, tmp_path / "catalogue"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The main tests of the API run on each transport, unless one is named for all tests."""
    if "transport" in metafunc.fixturenames and metafunc.module.__name__.rpartition(".")[2] in ON_EACH and not NAMED:
        metafunc.parametrize("transport", [GRPCIO, NATIVE], indirect=True)


@pytest.fixture
def transport(request: pytest.FixtureRequest) -> str:
    """What carries gRPC; `NBA_TEST_TRANSPORT=native` runs all tests on that transport."""
    return getattr(request, "param", "") or NAMED or GRPCIO


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
        express_audit=1,
        store_patience=2_000,
        transport=transport,
    )


@pytest.fixture
async def server(settings: Settings, store: Store) -> AsyncIterator[Running]:
    """A server on a fresh live store."""
    async with running_server(settings) as running:
        yield running


@pytest.fixture
async def kitchen() -> Kitchen:
    """A fresh one."""
    return Kitchen()


@pytest.fixture
async def front(kitchen: Kitchen, kind: str) -> AsyncIterator[Carrier]:
    """A server of the kitchen's methods; the module says of which kind, or kinds."""
    async with started(MAKES[kind](HERE), kitchen.methods) as made:
        yield made


@pytest.fixture
async def driven(kitchen: Kitchen) -> AsyncIterator[GrpcServer]:
    """A server of the kitchen's methods on grpcio's core."""
    async with started(GrpcServer(HERE, on=on_core), kitchen.methods) as made:
        yield made
