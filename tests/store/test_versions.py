"""Snapshots and artifacts: immutable once put, listed newest first, one of them live."""

from __future__ import annotations

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.errors import NotFound
from tests.conftest import REPLAY_START_MS


async def test_snapshots_are_put_once_and_pointed_at(replay_store: Store) -> None:
    """The first bytes of a hash stand; live and previous follow each change, also back."""
    snapshots = replay_store.snapshots
    assert (await snapshots.live(), await snapshots.previous(), await snapshots.list()) == ("", "", [])
    await snapshots.put("h1", b"one", {"name": "spring", "actions": "3"})
    await snapshots.put("h1", b"other", {"name": "other", "actions": "4"})
    await replay_store.clock.advance(REPLAY_START_MS + 1)
    await snapshots.put("h2", b"two", {"name": "summer", "actions": "5"})
    assert (await snapshots.get("h1"), await snapshots.get("h9")) == (b"one", None)
    await snapshots.set_live("h1")
    await snapshots.set_live("h2")
    await snapshots.set_live("h2")
    assert (await snapshots.live(), await snapshots.previous()) == ("h2", "h1")
    newest, oldest = await snapshots.list()
    assert (newest["hash"], newest["live"], newest["published_ms"]) == ("h2", "1", str(REPLAY_START_MS + 1))
    assert (oldest["hash"], oldest["name"], oldest["live"]) == ("h1", "spring", "0")
    await snapshots.set_live("h1", note="summer is over")
    assert (await snapshots.live(), await snapshots.previous()) == ("h1", "h2")
    assert (await snapshots.audit(1))[0].note == "summer is over"


async def test_an_unknown_snapshot_cannot_go_live(store: Store) -> None:
    """Only what was published can be pointed at."""
    with pytest.raises(NotFound):
        await store.snapshots.set_live("h9")
    assert await store.snapshots.live() == ""


async def test_artifacts_come_back_byte_for_byte(store: Store) -> None:
    """Files are kept packed and given back as they were; definitions likewise by their hash."""
    files = {"manifest.json": b"{}", "model.txt": bytes(range(256)) * 500, "empty": b""}
    await store.artifacts.put("m1", files, {"definition": "d1"})
    assert await store.artifacts.get("m1") == files
    assert await store.artifacts.get("m2") is None
    (row,) = await store.artifacts.list()
    assert (row["version"], row["definition"], row["live"]) == ("m1", "d1", "0")
    await store.artifacts.put_definition("d1", b"yaml")
    await store.artifacts.put_definition("d1", b"other")
    assert await store.artifacts.definition("d1") == b"yaml"
    assert await store.artifacts.definition("d2") is None
