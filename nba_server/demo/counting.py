"""Counts what the archive holds of the replayed year, to be compared with the source."""

from __future__ import annotations

import asyncio
from pathlib import Path

from nba_server.adapters.archive.archiver import Archiver
from nba_server.adapters.archive.reader import ArchiveReader
from nba_server.adapters.redis.store import Store
from nba_server.demo.source import Journey
from nba_server.pb import outcome_pb2


def source_counts(journey: Journey) -> dict[str, int]:
    """What the source holds."""
    return {
        "households": len(journey.households),
        "mailings": len(journey.mailings),
        "redemptions": len(journey.redemptions),
        "baskets": len(journey.baskets),
        "money in baskets, in cents": round(sum(basket.value for basket in journey.baskets) * 100),
    }


def drain(url: str, archive: Path) -> None:
    """Waits until everything that is in the journal now is in the archive, and helps the server's archiver with it."""

    async def pass_the_end() -> None:
        store = await Store.open(url, kind="replay")
        try:
            await Archiver(store, archive).drain()
        finally:
            await store.close()

    asyncio.run(pass_the_end())


def archived_counts(archive: Path) -> dict[str, int]:
    """What the archive holds, each thing counted once by its id and every row counted: a double row shows."""
    rows = dict.fromkeys(("customer", "contact", "outcome", "purchase"), 0)
    cents = 0.0
    for archived in ArchiveReader(archive).entries(kinds=tuple(rows)):
        body = archived.entry
        if archived.kind == "outcome" and body.outcome.type != outcome_pb2.OUTCOME_TYPE_CONVERTED:
            continue  # the timers' NO_RESPONSE is not in the source
        rows[archived.kind] += 1
        if archived.kind == "purchase":
            cents += body.purchase.value * 100
    return {
        "households": rows["customer"],
        "mailings": rows["contact"],
        "redemptions": rows["outcome"],
        "baskets": rows["purchase"],
        "money in baskets, in cents": round(cents),
    }
