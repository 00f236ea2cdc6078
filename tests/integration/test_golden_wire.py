"""The golden cases over gRPC: the same ranking, reasons, numbers, removals and log entry as in the core."""

from __future__ import annotations

import dataclasses

import pytest

from nba_server.adapters.redis.store import Store
from nba_server.settings import Settings
from tests.golden.case import NOW_MS, load_cases
from tests.integration.golden_wire import publish_catalogue, wire_differences
from tests.integration.running import running_server

CASES = load_cases()


@pytest.mark.parametrize("stage", sorted({case.stage for case in CASES}))
async def test_stage(stage: str, settings: Settings, replay_store: Store) -> None:
    """Every case of the stage is over the wire what it is in the core."""
    await replay_store.clock.advance(NOW_MS)
    cases = [case for case in CASES if case.stage == stage]
    await publish_catalogue(cases[0], replay_store)
    async with running_server(dataclasses.replace(settings, replay=True, catalog=None)) as running:
        found = {str(case): await wire_differences(case, running) for case in cases}
    assert {name: lines for name, lines in found.items() if lines} == {}
