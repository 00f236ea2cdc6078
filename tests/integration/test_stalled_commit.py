"""A commit that was held up crosses no border: what became quiet meanwhile is not offered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.application.ports import Commit, CommitResult
from nba_server.errors import NbaError
from nba_server.settings import Settings
from tests.integration.running import running_server

QUIET = """
quiet_hours:
  - {id: noon, from: "12:00", to: "13:00", channels: [web], directions: [inbound]}
"""
NOON_MS = int(datetime(2026, 6, 1, 10, tzinfo=UTC).timestamp() * 1000)
"""12:00 in Berlin."""


@pytest.mark.parametrize(("at_ms", "offered"), [(NOON_MS - 1, True), (NOON_MS, False), (NOON_MS + 1_000, False)])
async def test_quiet_hours_that_begin_before_the_commit_hold(
    settings: Settings, replay_store: Store, catalogue: Path, monkeypatch: pytest.MonkeyPatch, at_ms: int, offered: bool
) -> None:
    """Decided a second before noon, committed just before or after: offered, or only what is shown to everybody."""
    (catalogue / "quiet.yaml").write_text(QUIET, encoding="utf-8")
    await replay_store.clock.advance(NOON_MS - 1_000)
    async with running_server(dataclasses.replace(settings, replay=True)) as running:
        await running.stubs.upsert()
        store = running.serving.store
        commit = store.decisions.commit

        async def late(commits: Sequence[Commit]) -> Sequence[CommitResult | NbaError]:
            if await store.clock.now() < at_ms:
                await store.clock.advance(at_ms)
            return await commit(commits)

        monkeypatch.setattr(store.decisions, "commit", late)
        answer = await running.stubs.decide(channel="web")
        assert [action.fallback for action in answer.actions] == [not offered]
        state = (await store.reader.read([store.identity.customer("anna")])).states[0]
        assert [contact.action for contact in state.ledger] == [action.action for action in answer.actions]
