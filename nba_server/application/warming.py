"""Decides a few times for nobody before anybody calls, so that what is made at its first use is there."""

from __future__ import annotations

import asyncio

from nba_server.application.decide import Decide, DecideCommand
from nba_server.application.express import ExpressUse
from nba_server.domain.catalog import Catalog
from nba_server.domain.decision import DecisionRequest
from nba_server.domain.rollout import Assignment

ROUNDS = 3
CROWD = 16


async def warm_up(decide: Decide, catalog: Catalog, models: Assignment, express: ExpressUse | None = None) -> None:
    """Previews for unknown customers on every channel, alone and in a crowd; failures of theirs are nobody's.

    They leave no trace if `decide` borrows nothing of what the catalogue caps. Returns when the express lane has its tables;
    one that cannot have them takes nothing.
    """
    if express is not None and catalog.hash:
        await _prepare(express, catalog, models)
    channels = sorted({place.channel for place in catalog.placements.values()})
    for _ in range(ROUNDS):
        for channel in channels:
            for size in (1, CROWD):
                await decide([_preview(channel, number) for number in range(size)])


async def _prepare(express: ExpressUse, catalog: Catalog, models: Assignment) -> None:
    for scorer in filter(None, (models.champion, models.challenger)):
        try:
            await asyncio.to_thread(express.lane.ready, catalog, scorer)
        except Exception as fault:
            express.watch.failed(fault)


def _preview(channel: str, number: int) -> DecideCommand:
    request = DecisionRequest(f"warm-up-{number}", "", channel, (), request_id=f"warm-up-{number}", preview=True)
    return DecideCommand(request, caller="")
