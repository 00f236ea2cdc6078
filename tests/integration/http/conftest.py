"""A server in this process with its HTTP door, with and without API keys."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.settings import Settings
from nba_server.transport.api_keys import new_key
from nba_server.transport.grpc.scopes import Scope
from tests.integration.http.speaking import Door, open_door

ORIGIN = "https://shop.example"
KEYS = {scope: new_key(scope.value, [scope.value], tokens=scope is Scope.SITE) for scope in Scope}


@pytest.fixture
def http_settings(settings: Settings) -> Settings:
    """Settings with an HTTP door that pages of `ORIGIN` may use."""
    return dataclasses.replace(settings, http="127.0.0.1:0", http_origins=(ORIGIN,))


@pytest.fixture
def keyed_settings(http_settings: Settings, tmp_path: Path) -> Settings:
    """The same with one key a scope, of which that of the site signs tokens."""
    entries = [
        f"- {{name: {entry.name}, sha256: {entry.sha256}, scopes: [{scope}], token_secret: '{entry.token_secret}'}}"
        for scope, (_, entry) in KEYS.items()
    ]
    path = tmp_path / "keys.yaml"
    path.write_text("keys:\n" + "\n".join(entries) + "\n")
    return dataclasses.replace(http_settings, api_keys=path)


@pytest.fixture
async def door(http_settings: Settings, store: Store) -> AsyncIterator[Door]:
    """A server without keys."""
    async with open_door(http_settings) as opened:
        yield opened


@pytest.fixture
async def guarded(keyed_settings: Settings, store: Store) -> AsyncIterator[Door]:
    """A server with keys."""
    async with open_door(keyed_settings) as opened:
        yield opened
