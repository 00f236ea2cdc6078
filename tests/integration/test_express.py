"""The express lane in a running server: it takes common decisions, comes back after a swap, and goes when it is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nba_server.adapters.express import compiled
from nba_server.adapters.express.lane import CompiledLane
from nba_server.adapters.redis.store import Store
from nba_server.application.ports import Taken
from nba_server.settings import OFF, Settings
from tests.integration.running import Running, running_server

pytestmark = pytest.mark.skipif(bool(compiled()), reason=f"no express lane: {compiled()}")


def by_path(running: Running) -> tuple[float, float]:
    """How many decisions were made by the lane, and how many on the ordinary path."""
    return tuple(running.metric("nba_decisions_by_path_total", path=path) for path in ("express", "ordinary"))  # type: ignore[return-value]


async def test_the_lane_has_its_tables_before_the_first_call(server: Running) -> None:
    """The very first decision of a common kind is made by it, and is the one that is checked."""
    await server.stubs.upsert()
    answer = await server.stubs.decide()
    assert answer.actions
    assert by_path(server) == (1.0, 0.0)
    assert server.metric("nba_express_audits_total", verdict="same") == 1.0


async def test_it_can_be_left_out(settings: Settings, store: Store) -> None:
    """Without it the answer is the same in all but its id and its times."""
    told = []
    for express in (settings.express, OFF):
        async with running_server(replace(settings, express=express)) as running:
            await running.stubs.upsert()
            answer = await running.stubs.decide(request_id=express)
            assert by_path(running) == ((0.0, 1.0) if express == OFF else (1.0, 0.0))
            told.append(sorted((action.action, action.treatment, action.priority) for action in answer.actions))
    assert told[0] == told[1]


async def test_it_comes_back_after_a_swap(server: Running, catalogue: Path) -> None:
    """When the catalogue changes the ordinary path serves until the lane has its tables; its first decision is checked then."""
    await server.stubs.upsert()
    await server.stubs.decide()
    before = server.serving.catalogs.live.hash
    file = catalogue / "serve.yaml"
    file.write_text(file.read_text().replace("Everything in the app", "The app has it all"))
    async with asyncio.timeout(20):
        while (await server.stubs.decide("bob")).catalog_hash == before:
            pass
        since, _ = by_path(server)
        while by_path(server)[0] == since:
            await server.stubs.upsert("eve")
            await server.stubs.decide("eve")
    assert server.metric("nba_express_failures_total") == 0.0


@pytest.mark.parametrize("wrong", ["another answer", "a fault"])
async def test_a_wrong_lane_is_nobodys_trouble(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    """Whoever asks has the ordinary answer; the first difference ends the service, a fault is counted."""
    take = CompiledLane.take

    def bad(lane: CompiledLane, asked: Sequence[Any], *given: Any) -> list[Taken | None]:
        if wrong == "a fault":
            raise ZeroDivisionError
        return [
            one and one._replace(packed=(*one.packed[:4], one.packed[4] + b"\n")) for one in take(lane, asked, *given)
        ]

    monkeypatch.setattr(CompiledLane, "take", bad)
    async with running_server(settings, sound=False) as running:
        await running.stubs.upsert()
        for _ in range(3):
            assert (await running.stubs.decide()).decision_id
        assert by_path(running) == (0.0, 3.0)
        different = running.metric("nba_express_audits_total", verdict="different")
        failures = running.metric("nba_express_failures_total")
        assert (different, failures) == ((0.0, 3.0) if wrong == "a fault" else (1.0, 0.0))
